import { useDocumentTitle } from '@mantine/hooks';
import { useLocation } from 'wouter';
import { unreadCount } from '../session/last-seen.ts';
import { useSessionState } from '../session/use-session.ts';
import { pageTitle } from './page-title.ts';
import { pages } from './pages.ts';

/** Keeps the title of the browser's tab. */
export function usePageTitle(): void {
  const [location] = useLocation();
  const conversationId = /^\/c\/([^/]+)$/.exec(location)?.[1];
  const conversation = useSessionState(({ conversations }) =>
    conversationId === undefined ? undefined : conversations[conversationId]?.title,
  );
  const page = pages.find(({ id, owns }) => id !== 'chat' && owns(location))?.label;
  const unread = useSessionState(({ conversations, lastSeen }) =>
    Object.values(conversations).reduce((sum, each) => sum + unreadCount(lastSeen, each), 0),
  );
  useDocumentTitle(pageTitle(conversation ?? page, unread));
}
