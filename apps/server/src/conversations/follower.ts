import type { Logger } from '@parley/process-kit';
import {
  type ChatMessage,
  isTerminal,
  type MessageStatus,
  type ServerFrame,
  type ServerFrameOf,
  type ServerFrameType,
} from '@parley/shared-models';
import type { Store } from '@parley/store';

/** A reader of a conversation. */
export interface ConversationReader {
  /** A frame for it. Must not throw. */
  onFrame(told: ConversationFrame): void;
  /** Resolves when the frames told so far have left this process, or never will. @default at once */
  flushed?(): Promise<void>;
}

/** One reader's place in one conversation. */
export interface Follower {
  /**
   * A message is told at once when it is the next one, otherwise fetched in order; a state unless it is older than
   * the one told last.
   */
  onFrame(told: ConversationFrame): void;
  /** Whether the message with this seq is the next one; then it counts as told. */
  countAsTold(seq: number): boolean;
  /** Fetches from the store the messages that the reader has not been told. */
  catchUp(): void;
  /** The same, where the reader has not been told the message with this seq. */
  catchUpTo(seq: number): void;
  stop(): void;
}

/**
 * - `reading`: it is reading from the store; messages that come meanwhile are not told.
 * - `behind`: likewise, and a message has come meanwhile.
 * - `live`: it has told everything; the next message is told as it comes.
 * - `waiting`: the store could not be read; it tries again soon.
 *
 * ```
 * start ──▶ reading ──all told──▶ live ──another message than the next──▶ reading
 *           reading ──message──▶ behind ──page told──▶ reading
 *           reading, behind ──read failed──▶ waiting ──timer, catchUp──▶ reading
 * any ──stop──▶ stopped
 * ```
 */
type Mode = 'reading' | 'behind' | 'live' | 'waiting' | 'stopped';

const PAGE = 200;
/** So many characters are sent before the reader is waited for: a long resume must not look like a slow reader. */
const FLUSH_AFTER = 64 * 1024;
const RETRY_MS = 1000;

/**
 * Tells each message once and in order, beginning with those that the store has after `afterSeq`. A message that is not the
 * next one leads to the store, which has them all.
 */
export function createFollower(options: {
  reader: ConversationReader;
  conversationId: string;
  afterSeq: number;
  store: Pick<Store, 'listMessages' | 'getMessage'>;
  logger: Logger;
}): Follower {
  const { reader, conversationId, store, logger } = options;
  /** The last message that was told. */
  let toldSeq = options.afterSeq;
  let mode: Mode = 'live';
  let retry: NodeJS.Timeout | undefined;
  /**
   * States that were told as they came, by message, while the store was being read: the states from the store may be
   * older.
   */
  let heard: Map<string, MessageStatus> | undefined;
  const order = createStatusOrder();

  /** A reply that was missed ended a request that was not: its state has changed too. */
  const endingsBefore = async (page: {
    messages: ChatMessage[];
    statuses: MessageStatus[];
  }): Promise<MessageStatus[]> => {
    const told = new Set(page.statuses.map((status) => status.messageId));
    const requests = new Set(page.messages.flatMap(({ inReplyTo }) => inReplyTo ?? []));
    const found = await Promise.all(
      [...requests].filter((id) => !told.has(id)).map((id) => store.getMessage(id)),
    );
    return found.flatMap((request) => request?.status ?? []);
  };

  // A state that changes with each `await` is asked for by calls, or the compiler assumes its earlier value.
  const isStopped = (): boolean => mode === 'stopped';
  const hasNews = (): boolean => mode === 'behind';

  let unflushed = 0;
  const tell = async (told: ConversationFrame): Promise<void> => {
    reader.onFrame(told);
    if (reader.flushed === undefined) return;
    unflushed += told.text.length;
    if (unflushed < FLUSH_AFTER) return;
    unflushed = 0;
    await reader.flushed();
  };

  /** Returns whether there is more. */
  const tellPage = async (): Promise<boolean> => {
    const page = await store.listMessages(conversationId, { afterSeq: toldSeq, limit: PAGE });
    // Before anything is told: where this cannot be read, the page is read once more.
    const statuses = [...page.statuses, ...(await endingsBefore(page))];
    for (const message of page.messages) {
      if (isStopped()) return false;
      if (message.seq <= toldSeq) continue;
      toldSeq = message.seq;
      await tell(conversationFrame({ type: 'message', message }, true));
    }
    for (const status of statuses) {
      if (isStopped()) return false;
      // That it was accepted is said by the message itself.
      if (status.status === 'accepted' || !order.isNews(status)) continue;
      if (isBehind(heard?.get(status.messageId), status)) continue;
      await tell(conversationFrame({ type: 'message.status', ...status }, true));
    }
    return page.hasMore;
  };

  const read = async (): Promise<void> => {
    unflushed = 0;
    for (let hasMore = true; hasMore && !isStopped(); ) {
      mode = 'reading';
      hasMore = (await tellPage()) || hasNews();
    }
    if (isStopped()) return;
    mode = 'live';
    heard = undefined;
  };

  function catchUp(): void {
    if (mode === 'reading') mode = 'behind';
    if (mode !== 'live' && mode !== 'waiting') return;
    clearTimeout(retry);
    mode = 'reading';
    read().catch((err: unknown) => {
      logger.warn({ err, conversationId }, 'a conversation could not be read; trying again');
      if (isStopped()) return;
      mode = 'waiting';
      retry = setTimeout(catchUp, RETRY_MS);
    });
  }

  const isNext = (seq: number): boolean => mode === 'live' && seq === toldSeq + 1;

  const onStatus = (told: ConversationFrame<ServerFrameOf<'message.status'>>): void => {
    if (!order.isNews(told.frame)) return;
    if (mode !== 'live') {
      heard ??= new Map();
      heard.set(told.frame.messageId, told.frame);
    }
    reader.onFrame(told);
  };

  const onMessage = (told: ConversationFrame<ServerFrameOf<'message'>>): void => {
    const { message } = told.frame;
    const stands = statusWith(told.frame);
    if (isNext(message.seq)) {
      toldSeq = message.seq;
      const isNews = stands === undefined || order.isNews(stands);
      reader.onFrame(isNews ? told : conversationFrame({ type: 'message', message }));
    } else if (message.seq > toldSeq) {
      if (mode !== 'waiting') catchUp();
    } else if (stands !== undefined) {
      // The message was read from the store, maybe before its request had ended.
      onStatus(conversationFrame({ type: 'message.status', ...stands }, true));
    }
  };

  catchUp();
  return {
    onFrame(told) {
      if (mode === 'stopped') return;
      if (is('message', told)) onMessage(told);
      else if (is('message.status', told)) onStatus(told);
      else reader.onFrame(told);
    },
    countAsTold(seq) {
      if (!isNext(seq)) return false;
      toldSeq = seq;
      return true;
    },
    catchUp,
    catchUpTo(seq) {
      if (seq > toldSeq) catchUp();
    },
    stop() {
      mode = 'stopped';
      clearTimeout(retry);
    },
  };
}

function is<T extends ServerFrameType>(
  type: T,
  told: ConversationFrame,
): told is ConversationFrame<ServerFrameOf<T>> {
  return told.frame.type === type;
}

/** Ended messages of one conversation that are remembered for one reader. */
const REMEMBERED = 1000;

/**
 * Tells which states of messages a reader may still be shown. Several servers tell of one message, and an earlier
 * state from one of them may arrive later: after the end of a message no earlier state of it is told.
 */
function createStatusOrder(): { isNews(status: MessageStatus): boolean } {
  let ended: Map<string, MessageStatus> | undefined;
  return {
    isNews(status) {
      const { messageId } = status;
      if (!isTerminal(status.status)) {
        const end = ended?.get(messageId);
        return end === undefined || isReplayOf(end, status);
      }
      ended ??= new Map();
      ended.delete(messageId);
      ended.set(messageId, status);
      const [oldest] = ended.keys();
      if (ended.size > REMEMBERED && oldest !== undefined) ended.delete(oldest);
      return true;
    },
  };
}

/** Whether a state from the store is no newer than the one told, if it is no end: `delivered` is never stored. */
function isBehind(told: MessageStatus | undefined, status: MessageStatus): boolean {
  if (told === undefined || told.status === 'accepted' || isTerminal(status.status)) return false;
  if (isReplayOf(told, status)) return false;
  const more = status.hops.length - told.hops.length;
  // They grow with each routing, up to a bound.
  return more < 0 || (more === 0 && lastAt(status) <= lastAt(told));
}

const lastAt = ({ hops }: MessageStatus): string => hops.at(-1)?.at ?? '';

/** Only a dead letter is replayed: then the message has set out anew. */
function isReplayOf(end: MessageStatus, { hops }: MessageStatus): boolean {
  const [before, now] = [end.hops[0]?.at, hops[0]?.at];
  return end.status === 'dead_lettered' && (before === undefined || (now !== undefined && now > before));
}

/** A frame about a conversation, as all of its readers get it. */
export interface ConversationFrame<F extends ServerFrame = ServerFrame> {
  readonly frame: F;
  /** The frame as JSON: encoded once for all readers, when the first of them sends it. */
  readonly text: string;
  /** The frames that tell the same to a client of `frames` 1. */
  readonly separate: readonly ConversationFrame[];
}

/** @param isWhole how things stand, told from the store: no state before it is told to anybody. @default false */
export function conversationFrame<F extends ServerFrame>(frame: F, isWhole = false): ConversationFrame<F> {
  let text: string | undefined;
  let separate: readonly ConversationFrame[] | undefined;
  const told: ConversationFrame<F> = {
    frame,
    get text() {
      text ??= JSON.stringify(frame);
      return text;
    },
    get separate() {
      separate ??= isWhole ? [told] : separateFrames(told);
      return separate;
    },
  };
  return told;
}

/** How the request stands that a message answers, where the frame says so. */
export function statusWith({ message, status }: ServerFrameOf<'message'>): MessageStatus | undefined {
  const { conversationId, inReplyTo: messageId } = message;
  return status === undefined || messageId === undefined
    ? undefined
    : { messageId, conversationId, ...status };
}

function separateFrames(told: ConversationFrame): readonly ConversationFrame[] {
  const { frame } = told;
  if (frame.type === 'message') {
    const status = statusWith(frame);
    if (status === undefined) return [told];
    const shown = conversationFrame({ type: 'message', message: frame.message }, true);
    return [shown, conversationFrame({ type: 'message.status', ...status }, true)];
  }
  if (frame.type === 'message.status' && frame.status === 'delivered')
    return [conversationFrame({ ...frame, status: 'routed' }, true), told];
  return [told];
}
