import { Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useCallback, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { usePageKeys } from '../../components/use-page-keys.ts';
import { useSingleKeys } from '../../components/use-single-keys.ts';
import { browserStorage } from '../../session/browser-storage.ts';
import { useSession } from '../../session/use-session.ts';
import classes from './chat-page.module.css';
import { addressTo } from './composer/address.ts';
import { createUnsentTexts, NEW } from './composer/unsent-texts.ts';
import { ConversationPane } from './conversation-pane.tsx';
import { useLayout } from './layout.ts';
import { Sidebar } from './sidebar.tsx';
import { useChatIntents } from './use-chat-intents.ts';

/** Conversations and agents at the left, the conversation, and at the right the path of a message. */
export function ChatPage({ conversationId }: { conversationId: string | undefined }) {
  const session = useSession();
  const layout = useLayout();
  const [isListOpen, list] = useDisclosure(false);
  const searchRef = useRef<HTMLInputElement>(null);
  const inputRef = useRef<HTMLTextAreaElement>(null);
  const [texts] = useState(() => createUnsentTexts(browserStorage(() => window.sessionStorage)));
  const [, navigate] = useLocation();
  const { hasSidebar } = layout;
  const { open: openList, close: closeList } = list;

  const focusSearch = useCallback(() => {
    if (!hasSidebar) openList();
    // A drawer draws its contents first.
    setTimeout(() => searchRef.current?.focus(), hasSidebar ? 0 : 50);
  }, [hasSidebar, openList]);

  const begin = useCallback(() => {
    closeList();
    navigate('/');
    inputRef.current?.focus();
  }, [closeList, navigate]);

  const address = useCallback(
    (agentName: string) => {
      closeList();
      const key = conversationId ?? NEW;
      const names = (session.store.getState().agents ?? []).map((agent) => agent.agentName);
      texts.set(key, addressTo(texts.get(key), agentName, names));
      // After the drawer has given the focus back.
      setTimeout(() => inputRef.current?.focus(), hasSidebar ? 0 : 250);
    },
    [closeList, conversationId, hasSidebar, session, texts],
  );

  useChatIntents({ onSearch: focusSearch, onAddress: address });
  const [areSingleKeysOn] = useSingleKeys();
  usePageKeys(areSingleKeysOn ? { n: begin, '/': focusSearch } : {});

  const sidebar = (
    <Sidebar selectedId={conversationId} searchRef={searchRef} onPicked={closeList} onPickAgent={address} />
  );
  return (
    <div className={classes.columns}>
      {hasSidebar ? (
        <div className={classes.side}>{sidebar}</div>
      ) : (
        <Drawer.Root
          opened={isListOpen}
          onClose={closeList}
          size="min(19rem, 88vw)"
          padding={0}
          classNames={{ content: classes.drawer ?? '', body: classes.drawerBody ?? '' }}
        >
          <Drawer.Overlay backgroundOpacity={0.35} />
          <Drawer.Content aria-label="Conversations and agents">
            <Drawer.Body>{sidebar}</Drawer.Body>
          </Drawer.Content>
        </Drawer.Root>
      )}
      <ConversationPane
        key={conversationId ?? NEW}
        conversationId={conversationId}
        texts={texts}
        inputRef={inputRef}
        layout={layout}
        onShowList={openList}
      />
    </div>
  );
}
