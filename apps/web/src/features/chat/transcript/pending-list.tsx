import { isTerminal } from '@parley/shared-models';
import { useMemo } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { Entry } from '../../../components/error-boundary.tsx';
import { draftsIn } from '../../../model/drafts.ts';
import type { Thread } from '../../../model/thread.ts';
import { useAppState } from '../../../model/use-app-model.ts';
import { DraftEntry, RefusedEntry, UnsentEntry, WorkEntry } from './pending-entries.tsx';

interface Props {
  readonly conversationId: string;
  readonly thread: Thread;
  readonly replied: ReadonlySet<string>;
}

/** Entries after the last message: replies being written, requests without a reply, and messages not sent yet. */
export function PendingEntries({ conversationId, thread, replied }: Props) {
  const ofThis = <T extends { conversationId: string }>(items: readonly T[]): T[] =>
    items.filter((item) => item.conversationId === conversationId);
  const drafts = useAppState(useShallow((state) => draftsIn(state.drafts, conversationId, thread.statuses)));
  const outbox = useAppState(useShallow((state) => ofThis(state.outbox)));
  const refused = useAppState(
    useShallow((state) => state.refused.filter(({ item }) => item.conversationId === conversationId)),
  );
  const typing = useAppState(({ typing: all }) => all[conversationId]);

  const open = useMemo(
    () =>
      thread.messages.filter(
        ({ id, kind }) => kind === 'TEXT' && !replied.has(id) && isOpen(thread.statuses[id]?.status),
      ),
    [thread.messages, thread.statuses, replied],
  );
  const known = new Set(thread.messages.map(({ id }) => id));
  const drafted = new Set(drafts.map(({ inReplyTo }) => inReplyTo));

  return (
    <>
      {drafts.map((draft) => (
        <Entry key={draft.messageId} name="What is being written">
          <DraftEntry draft={draft} />
        </Entry>
      ))}
      {open
        .filter(({ id }) => !drafted.has(id))
        .map((request) => (
          <WorkEntry
            key={request.id}
            request={request}
            status={thread.statuses[request.id]}
            isTyping={typing?.some(({ id }) => id === thread.statuses[request.id]?.routing?.agentId) ?? false}
          />
        ))}
      {refused.map((refusal) => (
        <RefusedEntry key={refusal.item.id} refusal={refusal} />
      ))}
      {outbox
        .filter(({ id }) => !known.has(id))
        .map((item) => (
          <UnsentEntry key={item.id} item={item} />
        ))}
    </>
  );
}

/** A message without a status is old, or was stored in another way: no process is known to work on it. */
const isOpen = (status: Parameters<typeof isTerminal>[0] | undefined): boolean =>
  status !== undefined && !isTerminal(status);
