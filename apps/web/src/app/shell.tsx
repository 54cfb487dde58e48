import { VisuallyHidden } from '@mantine/core';
import { useDisclosure, useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { usePageKeys, useSingleKeys } from '../components/use-page-keys.ts';
import { unreadCount } from '../model/last-seen.ts';
import { useAppState } from '../model/use-app-model.ts';
import { CommandPalette } from './command-palette.tsx';
import { OfflineBanner } from './offline-banner.tsx';
import { pages, pageTitle } from './pages.ts';
import classes from './shell.module.css';
import { ShortcutsSheet } from './shortcuts-sheet.tsx';
import { StatusBar } from './status-bar.tsx';

/** The frame of every page: offline banner, page, status bar, and the dialogs that every page can open. */
export function Shell({ children }: { children: ReactNode }) {
  const [isSheetOpen, sheet] = useDisclosure(false);
  usePageTitle();
  useAppShortcuts({ onShowShortcuts: sheet.open });
  return (
    <>
      <a className={classes.skip} href="#main">
        Skip to the page
      </a>
      <OfflineBanner />
      <div className={classes.page}>{children}</div>
      <StatusBar onShowShortcuts={sheet.open} />
      <CommandPalette onShowShortcuts={sheet.open} />
      <ShortcutsSheet isOpen={isSheetOpen} onClose={sheet.close} />
      <Announcer />
    </>
  );
}

const ANNOUNCED_CHARACTERS = 400;

/**
 * Announces each finished message to screen readers, once. The conversation itself is not a live region: a growing
 * reply would be read out again with every piece.
 */
function Announcer() {
  const message = useAppState(({ latestReceived }) => latestReceived);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {message === undefined ? '' : `${message.sender.name}: ${message.text.slice(0, ANNOUNCED_CHARACTERS)}`}
    </VisuallyHidden>
  );
}

/** Keeps the title of the browser's tab up to date. */
function usePageTitle(): void {
  const [location] = useLocation();
  const conversationId = /^\/c\/([^/]+)$/.exec(location)?.[1];
  const conversation = useAppState(({ conversations }) =>
    conversationId === undefined ? undefined : conversations[conversationId]?.title,
  );
  const page = pages.find(({ id, owns }) => id !== 'chat' && owns(location))?.label;
  const unread = useAppState(({ conversations, lastSeen }) =>
    Object.values(conversations).reduce((sum, each) => sum + unreadCount(lastSeen, each), 0),
  );
  useDocumentTitle(pageTitle(conversation ?? page, unread));
}

/** The shortcuts of every page. The chat page handles `N` and `/` itself. */
function useAppShortcuts({ onShowShortcuts }: { onShowShortcuts: () => void }): void {
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
