import { Button } from '@mantine/core';
import type { Participant } from '@parley/shared-models';
import { Fragment, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { Entry, ErrorBoundary } from '../../../components/error-boundary.tsx';
import { dayLabel } from '../../../components/format-time.ts';
import { IconArrowDown } from '../../../components/icons.ts';
import { FailedList, LoadingList } from '../../../components/list-state.tsx';
import { ScrollRegion } from '../../../components/scroll-region.tsx';
import { useNow } from '../../../components/use-now.ts';
import { lastSeqOf, type Thread } from '../../../model/thread.ts';
import { useAppModel, useAppState } from '../../../model/use-app-model.ts';
import { MessageEntry, PlainEntry } from './message-entry.tsx';
import { useMessageWindow } from './message-window.ts';
import { PendingEntries } from './pending-list.tsx';
import { TaskCard, taskPlaces } from './task-card.tsx';
import classes from './transcript.module.css';
import { messageRows, repliedTo } from './transcript-rows.ts';
import { useTranscriptScroll } from './use-transcript-scroll.ts';

interface Props {
  readonly conversationId: string;
  readonly thread: Thread;
  readonly selectedId: string | undefined;
}

/** The messages of one conversation, the oldest first. Its `key` must be the conversation's id. */
export function Transcript({ conversationId, thread, selectedId }: Props) {
  const model = useAppModel();
  const userId = useAppState(({ welcome }) => welcome?.user.id);
  const loadOlder = useCallback(() => model.loadOlder(conversationId), [model, conversationId]);
  const shown = useMessageWindow(thread, loadOlder);
  const { from, to, shorten } = shown;
  const hasMoreBelow = to !== undefined;
  const { scrollerRef, contentRef, isAtEnd, onScroll, jumpToEnd } = useTranscriptScroll(conversationId, {
    onNearTop: shown.onNearTop,
    onNearEnd: shown.onNearEnd,
    hasMoreBelow,
  });
  const lastSeq = lastSeqOf(thread);
  const firstUnreadSeq = useFirstUnread(conversationId, lastSeq);
  const now = new Date(useNow(60_000));

  const rows = useMemo(() => {
    const inPage = thread.messages.filter(({ seq }) => seq >= from && (to === undefined || seq <= to));
    return messageRows(inPage, firstUnreadSeq);
  }, [thread.messages, from, to, firstUnreadSeq]);
  const replied = useMemo(() => repliedTo(thread.messages), [thread.messages]);
  const tasks = useAppState((state) => state.tasks);
  const places = useMemo(
    () =>
      taskPlaces(
        thread.messages,
        Object.values(tasks).filter((task) => task.conversationId === conversationId),
      ),
    [thread.messages, tasks, conversationId],
  );
  const seenSeq = useSeen(conversationId, lastSeq, isAtEnd);
  const goToEnd = () => {
    shown.toEnd();
    jumpToEnd();
  };
  useOnOwnMessage(conversationId, goToEnd);
  useEffect(() => {
    if (isAtEnd) shorten();
  }, [isAtEnd, shorten]);

  return (
    <div className={classes.frame}>
      <ScrollRegion ref={scrollerRef} className={classes.scroller} label="Messages" onScroll={onScroll}>
        <div ref={contentRef} className={classes.content}>
          {thread.older.phase === 'loading' ? <LoadingList label="Loading older messages" rows={2} /> : null}
          {thread.older.phase === 'failed' ? (
            <FailedList
              title="Older messages could not be loaded"
              reason={thread.older.reason}
              onRetry={loadOlder}
            />
          ) : null}
          {rows.map(({ message, startsDay, isFirstUnread, isContinuation }) => (
            <Fragment key={message.id}>
              {startsDay ? <h2 className={classes.day}>{dayLabel(message.createdAt, now)}</h2> : null}
              {isFirstUnread ? <p className={classes.unread}>New</p> : null}
              <ErrorBoundary fallback={() => <PlainEntry message={message} />}>
                <MessageEntry
                  message={message}
                  status={thread.statuses[message.id]}
                  hasReply={replied.has(message.id)}
                  isMine={isMine(message.sender, userId)}
                  isContinuation={isContinuation}
                  isSelected={message.id === selectedId}
                />
              </ErrorBoundary>
              {places.get(message.id)?.map((task) => (
                <Entry key={task.id} name="A task">
                  <TaskCard task={task} />
                </Entry>
              ))}
            </Fragment>
          ))}
          {hasMoreBelow ? null : (
            <PendingEntries conversationId={conversationId} thread={thread} replied={replied} />
          )}
        </div>
      </ScrollRegion>
      {isAtEnd ? null : (
        <Button
          className={classes.jump ?? ''}
          variant="default"
          leftSection={<IconArrowDown size={14} />}
          onClick={goToEnd}
        >
          {lastSeq > seenSeq ? `${lastSeq - seenSeq} new` : 'Latest'}
        </Button>
      )}
    </div>
  );
}

/**
 * The user's id is unknown until the server's `welcome`. Until then every person's message counts as the user's own, which
 * is mostly right: a message rendered first as another person's would jump to the other side.
 */
function isMine({ kind, id }: Participant, userId: string | undefined): boolean {
  return kind === 'user' && (userId === undefined || id === userId);
}

/** The first unread message at the opening of the conversation; it stays marked while the conversation is open. */
function useFirstUnread(conversationId: string, lastSeq: number): number | undefined {
  const model = useAppModel();
  const [seenAtOpening] = useState(() => model.store.getState().lastSeen[conversationId]);
  const [lastAtOpening] = useState(lastSeq);
  return seenAtOpening === undefined || seenAtOpening >= lastAtOpening ? undefined : seenAtOpening + 1;
}

/** Marks the messages as seen while the page is visible and scrolled to the end. @returns the last seen `seq` */
function useSeen(conversationId: string, lastSeq: number, isAtEnd: boolean): number {
  const model = useAppModel();
  const seen = useAppState(({ lastSeen }) => lastSeen[conversationId] ?? 0);
  useEffect(() => {
    if (!isAtEnd || lastSeq === 0) return;
    const mark = () => {
      if (document.visibilityState === 'visible') model.markSeen(conversationId, lastSeq);
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [model, conversationId, lastSeq, isAtEnd]);
  return seen;
}

/** Runs when the person sends a message, to scroll it into view. */
function useOnOwnMessage(conversationId: string, run: () => void): void {
  const latest = useAppState(
    ({ outbox }) => outbox.findLast((item) => item.conversationId === conversationId)?.id,
  );
  const known = useRef(latest);
  const onNew = useEffectEvent(run);
  useEffect(() => {
    if (latest !== undefined && latest !== known.current) onNew();
    known.current = latest;
  }, [latest]);
}
