import { useLocation } from 'wouter';
import { usePageKeys } from '../components/use-page-keys.ts';
import { useSingleKeys } from '../components/use-single-keys.ts';
import { pages } from './pages.ts';

/** What works on every page; the chat has its own answer to `N` and `/`. */
export function useAppShortcuts({ onShowShortcuts }: { onShowShortcuts: () => void }): void {
  const [location, navigate] = useLocation();
  const [areSingleKeysOn] = useSingleKeys();
  const isInChat = pages.some(({ id, owns }) => id === 'chat' && owns(location));
  usePageKeys({
    ...(areSingleKeysOn ? { '?': onShowShortcuts } : {}),
    ...(areSingleKeysOn && !isInChat
      ? { n: () => navigate('/'), '/': () => navigate('/?focus=search') }
      : {}),
  });
}
