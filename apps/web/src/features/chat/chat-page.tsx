import { Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { RefObject } from 'react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { usePageKeys, useSingleKeys } from '../../components/use-page-keys.ts';
import { browserStorage } from '../../model/browser-storage.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import { AgentList } from './agent-list/agent-list.tsx';
import classes from './chat-page.module.css';
import { addressTo } from './composer/mention.ts';
import { createUnsentTexts, NEW } from './composer/unsent-texts.ts';
import { ConversationPane } from './conversation-pane.tsx';
import { ConversationList } from './conversations/conversation-list.tsx';
import { useLayout } from './layout.ts';

/** Conversations and agents on the left, the conversation, and the path of a message on the right. */
export function ChatPage({ conversationId }: { conversationId: string | undefined }) {
  const model = useAppModel();
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
    // The drawer must render its contents first.
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
      const names = (model.store.getState().agents ?? []).map((agent) => agent.agentName);
      texts.set(key, addressTo(texts.get(key), agentName, names));
      // The drawer must return the focus first.
      setTimeout(() => inputRef.current?.focus(), hasSidebar ? 0 : 250);
    },
    [closeList, conversationId, hasSidebar, model, texts],
  );

  useAddressActions({ onSearch: focusSearch, onAddress: address });
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

interface SidebarProps {
  readonly selectedId: string | undefined;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly onPicked: () => void;
  readonly onPickAgent: (agentName: string) => void;
}

function Sidebar({ selectedId, searchRef, onPicked, onPickAgent }: SidebarProps) {
  return (
    <div className={classes.sidebar}>
      <ConversationList selectedId={selectedId} searchRef={searchRef} onPicked={onPicked} />
      <AgentList onPick={onPickAgent} />
    </div>
  );
}

interface AddressActions {
  readonly onSearch: () => void;
  readonly onAddress: (agentName: string) => void;
}

/** Runs the actions that other pages put into the address, once: `/?focus=search`, `/?to=Finance`. */
function useAddressActions({ onSearch, onAddress }: AddressActions): void {
  const search = useSearch();
  const [location, navigate] = useLocation();
  useEffect(() => {
    const parameters = new URLSearchParams(search);
    const to = parameters.get('to');
    if (to === null && parameters.get('focus') === null) return;
    navigate(location, { replace: true });
    if (to !== null) onAddress(to);
    else onSearch();
  }, [search, location, navigate, onSearch, onAddress]);
}
