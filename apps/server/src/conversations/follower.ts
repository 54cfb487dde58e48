import type { Logger } from '@parley/process-kit';
import type { ChatMessage, MessageStatus, ServerFrame } from '@parley/shared-models';
import type { Store } from '@parley/store';
import { createStatusOrder } from './status-order.ts';

/** A connection as the hub sees it. */
export interface Reader {
  /** Whether it can still get anything; a reader that has gone must not begin to follow. */
  isOpen(): boolean;
  /** Sends a frame; does nothing when the connection is closed. */
  send(text: string): void;
  /** Resolves when what was sent so far has left this process, or never will. */
  flushed(): Promise<void>;
}

/** One reader's place in one conversation. */
export interface Follower {
  /** A message was stored; sent at once when it is the next one, otherwise fetched in order. */
  onStored(seq: number, frame: string): void;
  /** The state of a message; sent unless the reader has been told how that message ended. @param frame as `status`, for sending */
  onStatus(status: MessageStatus, frame: string): void;
  /** Fetches from the store what the reader has not seen. */
  catchUp(): void;
  /** The same, where the reader has not been sent the message with this seq. */
  catchUpTo(seq: number): void;
  stop(): void;
}

const PAGE = 200;
/** So many characters are sent before the reader is waited for: a long resume must not look like a slow reader. */
const FLUSH_AFTER = 64 * 1024;
const RETRY_MS = 1000;

/**
 * Sends each message once and in order: `sentSeq` is the last one sent. Anything that is not the next one leads to
 * the store, which has them all. While catching up, what comes is only noted.
 */
export function createFollower(options: {
  reader: Reader;
  conversationId: string;
  afterSeq: number;
  store: Store;
  logger: Logger;
}): Follower {
  const { reader, conversationId, store, logger } = options;
  let sentSeq = options.afterSeq;
  // Until the first catch-up nothing is sent: older messages come first.
  let isCatchingUp = false;
  let hasCaughtUp = false;
  let isDirty = false;
  let isStopped = false;
  let retry: NodeJS.Timeout | undefined;
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

  const fetchMissing = async (): Promise<void> => {
    let unflushed = 0;
    const send = async (frame: ServerFrame): Promise<void> => {
      const text = JSON.stringify(frame);
      reader.send(text);
      unflushed += text.length;
      if (unflushed < FLUSH_AFTER) return;
      unflushed = 0;
      await reader.flushed();
    };
    do {
      isDirty = false;
      for (let hasMore = true; hasMore && !isStopped; ) {
        const page = await store.listMessages(conversationId, { afterSeq: sentSeq, limit: PAGE });
        if (isStopped) return;
        for (const message of page.messages) {
          if (isStopped) return;
          if (message.seq <= sentSeq) continue;
          sentSeq = message.seq;
          await send({ type: 'message', message });
        }
        for (const status of [...page.statuses, ...(await endingsBefore(page))]) {
          // That it was accepted is said by the message itself.
          if (isStopped) return;
          if (status.status === 'accepted' || !order.isNews(status)) continue;
          await send({ type: 'message.status', ...status });
        }
        hasMore = page.hasMore;
      }
    } while (isDirty && !isStopped);
    hasCaughtUp = true;
  };

  const catchUp = (): void => {
    if (isStopped) return;
    if (isCatchingUp) {
      isDirty = true;
      return;
    }
    isCatchingUp = true;
    clearTimeout(retry);
    fetchMissing()
      .catch((err: unknown) => {
        logger.warn({ err, conversationId }, 'a conversation could not be read; trying again');
        if (!isStopped) retry = setTimeout(catchUp, RETRY_MS);
      })
      .finally(() => {
        isCatchingUp = false;
        // Noted after the loop looked and before this line.
        if (isDirty && hasCaughtUp) catchUp();
      });
  };

  return {
    onStored(seq, frame) {
      if (isStopped || seq <= sentSeq) return;
      if (hasCaughtUp && !isCatchingUp && seq === sentSeq + 1) {
        sentSeq = seq;
        reader.send(frame);
      } else if (hasCaughtUp || isCatchingUp) catchUp();
    },
    onStatus(status, frame) {
      if (!isStopped && order.isNews(status)) reader.send(frame);
    },
    catchUp,
    catchUpTo(seq) {
      if (seq > sentSeq) catchUp();
    },
    stop() {
      isStopped = true;
      clearTimeout(retry);
    },
  };
}
