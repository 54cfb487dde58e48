import type { ClientFrameOf } from '@parley/shared-models';

/** A message that the server has not acknowledged yet. */
export interface QueuedMessage {
  /** A UUIDv7 made when the message was written; it determines the order. */
  readonly position: string;
  readonly frame: ClientFrameOf<'message.send'> & { readonly conversationId: string };
}

/**
 * The unacknowledged messages. Only one message of each conversation is under way, so that a message that must be sent
 * again (after a limit, an outage) is not overtaken by the next.
 */
export interface Outbox {
  readonly size: number;
  /** The number of messages under way. */
  readonly underWay: number;
  /** @returns false when there is a message with this id already */
  add(message: QueuedMessage): boolean;
  get(id: string): QueuedMessage | undefined;
  isUnderWay(id: string): boolean;
  /** The earliest message of all conversations without a message under way; it is under way from now on. */
  next(): QueuedMessage | undefined;
  /** The message must be sent again, in its old position. */
  retry(id: string): void;
  /** All messages must be sent again: the connection is lost. */
  retryAll(): void;
  /** The message is settled. @returns the removed message */
  remove(id: string): QueuedMessage | undefined;
  /** All, in the order they were written. */
  list(): QueuedMessage[];
}

interface Queue {
  /** In order of position. */
  readonly waiting: QueuedMessage[];
  underWay: QueuedMessage | undefined;
}

export function createOutbox(): Outbox {
  const messages = new Map<string, QueuedMessage>();
  const queues = new Map<string, Queue>();
  /** The first waiting message of each conversation without a message under way, in order of position. */
  const ready: QueuedMessage[] = [];
  let underWay = 0;

  function queueOf({ frame: { conversationId } }: QueuedMessage): Queue {
    const queue = queues.get(conversationId) ?? { waiting: [], underWay: undefined };
    queues.set(conversationId, queue);
    return queue;
  }

  /** Changes a queue and updates its entry in `ready`. */
  function change(queue: Queue, run: () => void): void {
    const before = queue.underWay === undefined ? queue.waiting[0] : undefined;
    run();
    const after = queue.underWay === undefined ? queue.waiting[0] : undefined;
    if (before === after) return;
    if (before !== undefined) ready.splice(ready.indexOf(before), 1);
    if (after !== undefined) insert(ready, after);
  }

  function stop(queue: Queue): QueuedMessage | undefined {
    const stopped = queue.underWay;
    if (stopped === undefined) return undefined;
    queue.underWay = undefined;
    underWay -= 1;
    return stopped;
  }

  function retry(queue: Queue): void {
    change(queue, () => {
      const stopped = stop(queue);
      if (stopped !== undefined) insert(queue.waiting, stopped);
    });
  }

  return {
    get size() {
      return messages.size;
    },
    get underWay() {
      return underWay;
    },
    add(message) {
      if (messages.has(message.frame.id)) return false;
      messages.set(message.frame.id, message);
      const queue = queueOf(message);
      change(queue, () => insert(queue.waiting, message));
      return true;
    },
    get: (id) => messages.get(id),
    isUnderWay(id) {
      const message = messages.get(id);
      return message !== undefined && queues.get(message.frame.conversationId)?.underWay === message;
    },
    next() {
      const message = ready[0];
      if (message === undefined) return undefined;
      const queue = queueOf(message);
      change(queue, () => {
        queue.waiting.shift();
        queue.underWay = message;
        underWay += 1;
      });
      return message;
    },
    retry(id) {
      const message = messages.get(id);
      const queue = message && queues.get(message.frame.conversationId);
      if (queue !== undefined && queue.underWay === message) retry(queue);
    },
    retryAll() {
      for (const queue of queues.values()) retry(queue);
    },
    remove(id) {
      const message = messages.get(id);
      if (message === undefined) return undefined;
      messages.delete(id);
      const queue = queueOf(message);
      change(queue, () => {
        if (queue.underWay === message) stop(queue);
        else queue.waiting.splice(queue.waiting.indexOf(message), 1);
      });
      if (queue.underWay === undefined && queue.waiting.length === 0)
        queues.delete(message.frame.conversationId);
      return message;
    },
    list: () => [...messages.values()].sort((a, b) => (a.position < b.position ? -1 : 1)),
  };
}

/** Inserts in order of position; nearly always at the end. */
function insert(sorted: QueuedMessage[], message: QueuedMessage): void {
  let index = sorted.length;
  while (index > 0 && (sorted[index - 1]?.position ?? '') > message.position) index -= 1;
  sorted.splice(index, 0, message);
}
