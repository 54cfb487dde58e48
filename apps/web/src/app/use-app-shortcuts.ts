import { useHotkeys } from '@mantine/hooks';
import { useLocation } from 'wouter';
import { useSingleKeys } from '../components/use-single-keys.ts';
import { pages } from './pages.ts';

/** What works on every page; the chat has its own answer to `N` and `/`. Inputs keep their characters. */
export function useAppShortcuts({ onShowShortcuts }: { onShowShortcuts: () => void }): void {
  const [location, navigate] = useLocation();
  const [areSingleKeysOn] = useSingleKeys();
  const isInChat = pages.some(({ id, owns }) => id === 'chat' && owns(location));
  useHotkeys([
    ...(areSingleKeysOn ? [['shift+?', onShowShortcuts] as [string, () => void]] : []),
    ...(areSingleKeysOn && !isInChat
      ? [
          ['n', () => navigate('/')] as [string, () => void],
          ['/', () => navigate('/?focus=search')] as [string, () => void],
        ]
      : []),
  ]);
}
