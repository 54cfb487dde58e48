import { type ClientFrame, type ErrorReport, newId, type ServerFrameOf } from '@parley/shared-models';
import type { Backoff } from './backoff.ts';
import type { OutboxItem } from './client-events.ts';
import type { KeptMessages } from './kept-messages.ts';
import { createOutbox, type QueuedMessage } from './outbox.ts';
import { isRetryable, retryAfter } from './retryable.ts';
import { createTimers } from './timers.ts';

export interface SenderOptions {
  readonly kept: KeptMessages;
  /** @returns whether the frame is on its way */
  readonly transmit: (frame: ClientFrame) => boolean;
  /** Back-off while the server cannot take messages. */
  readonly backoff: Backoff;
  /** A message without an `ack` for this long is sent again. In milliseconds. */
  readonly ackTimeoutMs: number;
  /** Maximum number of messages that wait for their `ack`, over all conversations. */
  readonly maxUnderWay: number;
  /** A message of an earlier run, or of another tab, was found and will be sent. */
  readonly onAdopted: (message: QueuedMessage) => void;
  readonly onChange: () => void;
}

export interface Sender {
  /** Keeps the message until it is settled, and sends it in its turn. */
  enqueue(frame: QueuedMessage['frame']): void;
  get(messageId: string): QueuedMessage | undefined;
  /** The connection is open: loads the messages of the storage and sends all that are not acknowledged. */
  resume(): void;
  /** The connection is lost: all unacknowledged messages must be sent again. */
  suspend(): void;
  acknowledged(ack: ServerFrameOf<'ack'>): void;
  /**
   * The server has refused a message.
   * @returns `retrying`: it is sent again; `dropped`: it is not sent again; `unknown`: no message here has this id
   */
  refused(messageId: string, error: ErrorReport): 'retrying' | 'dropped' | 'unknown';
  /** Removes a message that was never sent. @returns whether it was removed */
  withdraw(messageId: string): boolean;
  items(): readonly OutboxItem[];
}

/** Sends every message, in order inside its conversation, until it is acknowledged or refused. */
export function createSender(options: SenderOptions): Sender {
  const { kept, transmit, backoff, onChange } = options;
  const outbox = createOutbox();
  const timers = createTimers();
  const lastErrors = new Map<string, ErrorReport>();
  /** Messages that a server may have seen: sent by this client, or by the client that stored them. */
  const maybeSent = new Set<string>();
  let isOpen = false;
  let pausedUntil = 0;

  function pump(): void {
    while (isOpen && !timers.has('pause') && outbox.underWay < options.maxUnderWay) {
      const message = outbox.next();
      if (message === undefined) return;
      const { id } = message.frame;
      if (!transmit(message.frame)) {
        outbox.retry(id);
        return;
      }
      maybeSent.add(id);
      timers.set(`ack ${id}`, options.ackTimeoutMs, () => sendAgain(id));
      onChange();
    }
  }

  function sendAgain(id: string): void {
    timers.clear(`ack ${id}`);
    outbox.retry(id);
    onChange();
    pump();
  }

  function pause(ms: number): void {
    const until = Date.now() + ms;
    if (timers.has('pause') && until <= pausedUntil) return;
    pausedUntil = until;
    timers.set('pause', ms, pump);
  }

  function remove(id: string): void {
    timers.clear(`ack ${id}`);
    lastErrors.delete(id);
    maybeSent.delete(id);
    outbox.remove(id);
    kept.remove(id);
    onChange();
    pump();
  }

  return {
    enqueue(frame) {
      const message = { position: newId(), frame };
      if (!outbox.add(message)) return;
      kept.save(message);
      onChange();
      pump();
    },

    get: (messageId) => outbox.get(messageId),

    resume() {
      isOpen = true;
      for (const message of kept.load()) {
        if (!outbox.add(message)) continue;
        maybeSent.add(message.frame.id);
        options.onAdopted(message);
        onChange();
      }
      pump();
    },

    suspend() {
      isOpen = false;
      timers.clearAll();
      if (outbox.underWay === 0) return;
      outbox.retryAll();
      onChange();
    },

    acknowledged({ id }) {
      if (outbox.get(id) === undefined) return;
      backoff.reset();
      remove(id);
    },

    refused(messageId, error) {
      if (outbox.get(messageId) === undefined) return 'unknown';
      if (!isRetryable(error.code)) {
        remove(messageId);
        return 'dropped';
      }
      lastErrors.set(messageId, error);
      // One outage causes errors for many messages, but counts as one failure.
      const wait = retryAfter(error) ?? (timers.has('pause') ? 0 : backoff.next());
      pause(wait);
      sendAgain(messageId);
      return 'retrying';
    },

    withdraw(messageId) {
      if (outbox.get(messageId) === undefined || maybeSent.has(messageId)) return false;
      remove(messageId);
      return true;
    },

    items: () =>
      outbox.list().map(({ frame: { type: _, ...message } }) => {
        const lastError = lastErrors.get(message.id);
        const state = outbox.isUnderWay(message.id) ? 'sending' : 'queued';
        return { ...message, state, ...(lastError === undefined ? {} : { lastError }) } as OutboxItem;
      }),
  };
}
