import { type ChatMessage, isTerminal, type MessagePage, type MessageStatus } from '@parley/shared-models';

/** The progress of a list that is loaded over HTTP. */
export type Loading =
  | { readonly phase: 'loading' }
  | { readonly phase: 'ready' }
  | { readonly phase: 'failed'; readonly reason: string };

/** The loaded part of one conversation. */
export interface Thread {
  readonly loading: Loading;
  /** In order of `seq`, without gaps: the newest messages, and older ones as far as the reader went back. */
  readonly messages: readonly ChatMessage[];
  /** By id of a person's message. */
  readonly statuses: Readonly<Record<string, MessageStatus>>;
  /** Loading of the messages before the first one. */
  readonly older: Loading;
}

export const emptyThread: Thread = {
  loading: { phase: 'loading' },
  messages: [],
  statuses: {},
  older: { phase: 'ready' },
};

/** `seq` counts from 1 without gaps, so the first message shows whether there are older ones. */
export const hasOlder = (thread: Thread): boolean => (thread.messages[0]?.seq ?? 1) > 1;

export const lastSeqOf = (thread: Thread): number => thread.messages.at(-1)?.seq ?? 0;

/** Adds messages in order of `seq`; known messages keep their identity. */
export function withMessages(thread: Thread, incoming: readonly ChatMessage[]): Thread {
  const known = new Set(thread.messages.map(({ seq }) => seq));
  const fresh = incoming.filter(({ seq }) => !known.has(seq));
  if (fresh.length === 0) return thread;
  const messages = [...thread.messages, ...fresh].sort((one, other) => one.seq - other.seq);
  return { ...thread, messages };
}

/** A live status replaces the known one, but a late delivery status cannot undo the end of a message. */
export function withStatus(thread: Thread, status: MessageStatus): Thread {
  const known = thread.statuses[status.messageId];
  if (known !== undefined && isOver(known) && !isTerminal(status.status)) return thread;
  // A frame may leave out fields of an earlier frame.
  const routing = status.routing ?? known?.routing;
  const merged = routing === undefined ? status : { ...status, routing };
  return { ...thread, statuses: { ...thread.statuses, [status.messageId]: merged } };
}

/** A dead letter can be replayed. */
const isOver = ({ status }: MessageStatus): boolean => isTerminal(status) && status !== 'dead_lettered';

/** Adds a page. A live status may be newer than the page's: the status with more hops counts. */
export function withPage(thread: Thread, page: MessagePage): Thread {
  const statuses = { ...thread.statuses };
  for (const status of page.statuses) {
    const known = statuses[status.messageId];
    if (known === undefined || isNewer(status, known)) statuses[status.messageId] = status;
  }
  return { ...withMessages(thread, page.messages), statuses };
}

function isNewer(status: MessageStatus, known: MessageStatus): boolean {
  if (isTerminal(status.status) !== isTerminal(known.status)) return isTerminal(status.status);
  return status.hops.length > known.hops.length;
}
