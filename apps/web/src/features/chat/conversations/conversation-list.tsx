import { ActionIcon, Button } from '@mantine/core';
import type { Conversation } from '@parley/shared-models';
import { memo, type RefObject, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { Entry } from '../../../components/error-boundary.tsx';
import { fullTime } from '../../../components/format-time.ts';
import { IconPlus, IconSearch, IconX } from '../../../components/icons.ts';
import { EmptyList, FailedList, LoadingList } from '../../../components/list-state.tsx';
import { moveFocus } from '../../../components/move-focus.ts';
import { useNow } from '../../../components/use-now.ts';
import { unreadCount } from '../../../model/last-seen.ts';
import { useAppModel, useAppState } from '../../../model/use-app-model.ts';
import classes from './conversation-list.module.css';
import { groupConversations, plainText, searchConversations } from './list-contents.ts';

/** The server searches after this pause in typing. */
const SEARCH_PAUSE_MS = 250;

interface Props {
  readonly selectedId: string | undefined;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly onPicked: () => void;
}

export function ConversationList({ selectedId, searchRef, onPicked }: Props) {
  const model = useAppModel();
  const [query, setQuery] = useState('');
  useServerSearch(query);

  return (
    <nav className={classes.list} aria-label="Conversations" onKeyDown={moveFocus}>
      <div className={classes.head}>
        <Wordmark />
        <Button
          component={Link}
          href="/"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={onPicked}
        >
          New
        </Button>
      </div>
      <div className={classes.search}>
        <IconSearch size={14} aria-hidden="true" />
        <input
          ref={searchRef}
          type="search"
          value={query}
          placeholder="Search"
          aria-label="Search conversations"
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            if (query === '') event.currentTarget.blur();
            else setQuery('');
          }}
        />
        {query === '' ? null : (
          <ActionIcon size={24} aria-label="Clear the search" onClick={() => setQuery('')}>
            <IconX size={14} />
          </ActionIcon>
        )}
      </div>
      <div className={classes.scroll}>
        <Groups
          query={query}
          selectedId={selectedId}
          onPicked={onPicked}
          onRetry={model.refreshConversations}
        />
      </div>
    </nav>
  );
}

function Wordmark() {
  return (
    <Link href="/" className={classes.wordmark} aria-label="Parley, new conversation">
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <path d="M3 5h8M3 10h14M8 15h9" stroke="currentColor" strokeWidth="2.25" strokeLinecap="round" />
      </svg>
      Parley
    </Link>
  );
}

function Groups({
  query,
  selectedId,
  onPicked,
  onRetry,
}: {
  query: string;
  selectedId: string | undefined;
  onPicked: () => void;
  onRetry: () => void;
}) {
  const known = useAppState(({ conversations }) => conversations);
  const loading = useAppState(({ conversationsLoading }) => conversationsLoading);
  const shownQuery = useDeferredValue(query);
  const now = useNow(60_000);
  const groups = useMemo(
    () => groupConversations(searchConversations(Object.values(known), shownQuery), new Date(now)),
    [known, shownQuery, now],
  );

  if (groups.length === 0) {
    if (shownQuery.trim() !== '')
      return <EmptyList title="Nothing found">Try fewer or other words.</EmptyList>;
    if (loading.phase === 'loading') return <LoadingList label="Loading conversations" rows={5} />;
    if (loading.phase === 'failed') {
      return (
        <FailedList title="The conversations could not be loaded" reason={loading.reason} onRetry={onRetry} />
      );
    }
    return <EmptyList title="No conversations yet">Write a message and it appears here.</EmptyList>;
  }
  return groups.map(({ label, conversations }) => (
    <section key={label} aria-label={label}>
      <h2 className={classes.label}>{label}</h2>
      <ul className={classes.items}>
        {conversations.map((conversation) => (
          <Entry key={conversation.id} name="A conversation" isListItem>
            <ConversationItem
              conversation={conversation}
              isSelected={conversation.id === selectedId}
              onPicked={onPicked}
            />
          </Entry>
        ))}
      </ul>
    </section>
  ));
}

function useServerSearch(query: string): void {
  const model = useAppModel();
  useEffect(() => {
    const text = query.trim();
    if (text.length < 2) return;
    const timer = setTimeout(() => model.findConversations(text), SEARCH_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query, model]);
}

interface ItemProps {
  readonly conversation: Conversation;
  readonly isSelected: boolean;
  readonly onPicked: () => void;
}

const ConversationItem = memo(function ConversationItem({ conversation, isSelected, onPicked }: ItemProps) {
  const unread = useAppState(({ lastSeen }) => (isSelected ? 0 : unreadCount(lastSeen, conversation)));
  const isWaiting = useAppState(({ outbox }) =>
    outbox.some((item) => item.conversationId === conversation.id),
  );
  return (
    <li>
      <Link
        href={`/c/${conversation.id}`}
        className={classes.item}
        aria-current={isSelected ? 'page' : undefined}
        data-unread={unread > 0 || undefined}
        data-item
        title={fullTime(conversation.updatedAt)}
        onClick={onPicked}
      >
        <span className={classes.title}>{conversation.title === '' ? 'Untitled' : conversation.title}</span>
        {isWaiting ? <span className={classes.kept}>not sent yet</span> : null}
        {unread === 0 ? null : (
          <span className={classes.unread}>
            {unread > 99 ? '99+' : unread}
            <span className={classes.spoken}> unread</span>
          </span>
        )}
        <span className={classes.preview}>{plainText(conversation.preview)}</span>
      </Link>
    </li>
  );
});
