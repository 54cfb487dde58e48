import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Announcer } from './announcer.tsx';
import { CommandPalette } from './command-palette.tsx';
import { OfflineBanner } from './offline-banner.tsx';
import classes from './shell.module.css';
import { ShortcutsSheet } from './shortcuts-sheet.tsx';
import { StatusBar } from './status-bar.tsx';
import { useAppShortcuts } from './use-app-shortcuts.ts';
import { usePageTitle } from './use-page-title.ts';

/** What stands around every page: banner, page, bar; and what every page can open. */
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
