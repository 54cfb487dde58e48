import { useLocalStorage } from '@mantine/hooks';

/** Whether shortcuts of one character alone work; kept in this browser. */
export function useSingleKeys(): [boolean, (isOn: boolean) => void] {
  const [isOn, setIsOn] = useLocalStorage({
    key: 'parley.single-keys',
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  return [isOn, setIsOn];
}
