import { useLocalStorage } from '@mantine/hooks';
import { useEffect, useEffectEvent } from 'react';

/**
 * Keys that work wherever the focus is, by the name that `KeyboardEvent.key` has for them, in lower case. Not while
 * something is written, a modifier is held (Shift aside), a dialog is open, or somebody has handled the key already.
 */
export function usePageKeys(keys: Readonly<Record<string, () => void>>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const run = keys[event.key.toLowerCase()];
    if (run === undefined || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (isWriting(event.target) || document.querySelector('[role="dialog"]') !== null) return;
    event.preventDefault();
    run();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Whether shortcuts of one character alone work; kept in this browser. */
export function useSingleKeys(): [boolean, (isOn: boolean) => void] {
  const [isOn, setIsOn] = useLocalStorage({
    key: 'parley.single-keys',
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  return [isOn, setIsOn];
}
