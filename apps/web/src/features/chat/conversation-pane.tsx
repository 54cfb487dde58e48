import { CloseButton, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ChatMessage } from '@parley/shared-models';
import { isTerminal } from '@parley/shared-models';
import { type RefObject, useCallback, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { useStore } from 'zustand';
import { Entry } from '../../components/error-boundary.tsx';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { usePageKeys } from '../../components/use-page-keys.ts';
import type { AppState } from '../../model/app-state.ts';
import type { Thread } from '../../model/thread.ts';
import { useAppModel, useAppState, useMayWrite } from '../../model/use-app-model.ts';
import classes from './chat-page.module.css';
import { type ChatView, ChatViewProvider } from './chat-view.ts';
import { Composer } from './composer/composer.tsx';
import { findMentions } from './composer/mention.ts';
import { NEW, type UnsentTexts } from './composer/unsent-texts.ts';
import { useTypingSignal } from './composer/use-typing-signal.ts';
import { ConversationBody } from './conversation-body.tsx';
import { ConversationHead } from './conversation-head.tsx';
import { type Layout, usePathWanted } from './layout.ts';
import { MessagePathPanel } from './path/message-path-panel.tsx';
import { SessionBanner } from './session-banner.tsx';

interface Props {
  readonly conversationId: string | undefined;
  readonly texts: UnsentTexts;
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
  readonly layout: Layout;
  readonly onShowList: () => void;
}

/** A conversation, or a new one: its messages, the composer, and the path of one message. */
export function ConversationPane({ conversationId, texts, inputRef, layout, onShowList }: Props) {
  const model = useAppModel();
  const mayWrite = useMayWrite();
  const [, navigate] = useLocation();
  const key = conversationId ?? NEW;
  const text = useStore(texts.store, (all) => all[key]) ?? texts.get(key);
  const thread = useAppState(({ threads }) =>
    conversationId === undefined ? undefined : threads[conversationId],
  );
  /** While a sent message is edited: the text of the composer before. */
  const [textBefore, setTextBefore] = useState<string>();
  const isEditing = textBefore !== undefined;
  const [selectedId, setSelectedId] = useState<string>();
  const [isPathWanted, setPathWanted] = usePathWanted();
  const [isPathOpen, path] = useDisclosure(false);
  const { hasPathColumn, hasSidebar } = layout;

  useEffect(() => {
    if (conversationId !== undefined) model.openConversation(conversationId);
  }, [model, conversationId]);
  useFocusOnOpening(inputRef);
  useTypingSignal(conversationId, text);

  const send = useCallback(
    (written: string, agentName?: string) => {
      const target = agentName === undefined ? {} : { target: { agentName } };
      const id = model.send({
        text: written,
        ...(conversationId === undefined ? {} : { conversationId }),
        ...target,
      });
      if (conversationId === undefined) navigate(`/c/${id}`);
    },
    [model, conversationId, navigate],
  );
  const sendNamed = useCallback(
    (written: string) => {
      const names = (model.store.getState().agents ?? []).map(({ agentName }) => agentName);
      send(written, findMentions(written, names)[0]?.name);
    },
    [send, model],
  );

  const view = useMemo((): ChatView => {
    const find = (id: string | undefined): ChatMessage | undefined =>
      model.store.getState().threads[key]?.messages.find((message) => message.id === id);
    return {
      showPath(messageId) {
        setSelectedId(messageId);
        if (hasPathColumn) setPathWanted(true);
        else path.open();
      },
      edit(message) {
        const written = texts.get(key);
        setTextBefore((before) => before ?? written);
        texts.set(key, message.text);
        inputRef.current?.focus();
      },
      sendAgain(message) {
        const request = message.kind === 'ERROR' ? find(message.inReplyTo) : message;
        if (request !== undefined) sendNamed(request.text);
      },
    };
  }, [model, key, hasPathColumn, setPathWanted, path.open, texts, inputRef, sendNamed]);

  function endEditing(): void {
    texts.set(key, textBefore ?? '');
    setTextBefore(undefined);
  }

  function onEscape(): void {
    const id = conversationId === undefined ? undefined : stoppableId(model.store.getState(), conversationId);
    if (isEditing) endEditing();
    else if (id !== undefined) model.cancel(id);
    else inputRef.current?.blur();
  }
  usePageKeys({ escape: onEscape });

  const shown = thread?.messages.find(({ id }) => id === selectedId) ?? latestOwn(thread);
  const panel = (
    <Entry key={shown?.id} name="The path">
      <MessagePathPanel
        message={shown}
        status={shown === undefined ? undefined : thread?.statuses[shown.id]}
      />
    </Entry>
  );
  const isColumnShown = hasPathColumn && isPathWanted;

  return (
    <ChatViewProvider value={view}>
      <main className={classes.main} id="main" tabIndex={-1}>
        <ConversationHead
          conversationId={conversationId}
          thread={thread}
          hasSidebar={hasSidebar}
          onShowList={onShowList}
          isPathShown={hasPathColumn ? isPathWanted : isPathOpen}
          onTogglePath={() => (hasPathColumn ? setPathWanted(!isPathWanted) : path.open())}
        />
        {conversationId === undefined ? null : <SessionBanner conversationId={conversationId} />}
        <ConversationBody
          conversationId={conversationId}
          thread={thread}
          selectedId={selectedId}
          onAsk={mayWrite ? sendNamed : undefined}
        />
        {mayWrite ? (
          <Composer
            text={text}
            onChange={(next) => texts.set(key, next)}
            onSend={(written, agentName) => {
              texts.set(key, textBefore ?? '');
              setTextBefore(undefined);
              send(written, agentName);
            }}
            onEscape={onEscape}
            conversationId={conversationId}
            isEditing={isEditing}
            onEndEditing={endEditing}
            inputRef={inputRef}
          />
        ) : (
          <p className={classes.readOnly}>You can read here. To write takes the role “member”.</p>
        )}
      </main>
      {isColumnShown ? (
        <aside className={classes.path} aria-label="Message path">
          <div className={classes.pathHead}>
            <h2>Message path</h2>
            <CloseButton aria-label="Hide the message path" onClick={() => setPathWanted(false)} />
          </div>
          <ScrollRegion className={classes.pathScroll} label="Path">
            {panel}
          </ScrollRegion>
        </aside>
      ) : null}
      {hasPathColumn ? null : (
        <Drawer
          opened={isPathOpen}
          onClose={path.close}
          position="right"
          size="20rem"
          padding={0}
          title="Message path"
          closeButtonProps={{ 'aria-label': 'Hide the message path' }}
          classNames={{ header: classes.pathHead ?? '', content: classes.drawer ?? '' }}
        >
          {panel}
        </Drawer>
      )}
    </ChatViewProvider>
  );
}

const latestOwn = (thread: Thread | undefined): ChatMessage | undefined =>
  thread?.messages.findLast(({ kind }) => kind === 'TEXT');

/** Only on devices with a keyboard: on a phone the on-screen keyboard would cover the messages. */
function useFocusOnOpening(inputRef: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    if (window.matchMedia('(hover: hover) and (pointer: fine)').matches) inputRef.current?.focus();
  }, [inputRef]);
}

/** The newest message of the conversation whose answer can be stopped. */
function stoppableId(state: AppState, conversationId: string): string | undefined {
  const thread = state.threads[conversationId];
  return thread?.messages.findLast(({ id, kind }) => {
    const status = thread.statuses[id]?.status;
    return kind === 'TEXT' && status !== undefined && !isTerminal(status);
  })?.id;
}
