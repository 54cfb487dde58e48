import type { ClientFrameOf } from '@parley/shared-models';

/** A message that the server has not acknowledged yet. */
export interface QueuedMessage {
  /** A UUIDv7 made when the message was written: its place among the others. */
  readonly position: string;
  readonly frame: ClientFrameOf<'message.send'> & { readonly conversationId: string };
}

/**
 * The unacknowledged messages. Of each conversation one at a time is under way, so that one that must be sent again
 * (a limit, an outage) is not overtaken by the next.
 */
export interface Outbox {
  readonly size: number;
  /** How many are under way. */
  readonly underWay: number;
  /** @returns false when there is one with this id already */
  add(message: QueuedMessage): boolean;
  get(id: string): QueuedMessage | undefined;
  isUnderWay(id: string): boolean;
  /** The earliest message whose conversation has none under way; it is under way from now on. */
  next(): QueuedMessage | undefined;
  /** It has to be sent again, in its old place. */
  retry(id: string): void;
  /** All have to be sent again: the connection is lost. */
  retryAll(): void;
  /** It is settled. @returns what was removed */
  remove(id: string): QueuedMessage | undefined;
  /** All, in the order they were written. */
  list(): QueuedMessage[];
}

interface Line {
  /** In order of position. */
  readonly waiting: QueuedMessage[];
  underWay: QueuedMessage | undefined;
}

export function createOutbox(): Outbox {
  const messages = new Map<string, QueuedMessage>();
  const lines = new Map<string, Line>();
  /** The first one waiting of each conversation that has none under way, in order of position. */
  const ready: QueuedMessage[] = [];
  let underWay = 0;

  function lineOf({ frame: { conversationId } }: QueuedMessage): Line {
    const line = lines.get(conversationId) ?? { waiting: [], underWay: undefined };
    lines.set(conversationId, line);
    return line;
  }

  /** Runs a change of a line and brings its entry in `ready` up to date. */
  function change(line: Line, run: () => void): void {
    const before = line.underWay === undefined ? line.waiting[0] : undefined;
    run();
    const after = line.underWay === undefined ? line.waiting[0] : undefined;
    if (before === after) return;
    if (before !== undefined) ready.splice(ready.indexOf(before), 1);
    if (after !== undefined) insert(ready, after);
  }

  function stop(line: Line): QueuedMessage | undefined {
    const stopped = line.underWay;
    if (stopped === undefined) return undefined;
    line.underWay = undefined;
    underWay -= 1;
    return stopped;
  }

  function retry(line: Line): void {
    change(line, () => {
      const stopped = stop(line);
      if (stopped !== undefined) insert(line.waiting, stopped);
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
      const line = lineOf(message);
      change(line, () => insert(line.waiting, message));
      return true;
    },
    get: (id) => messages.get(id),
    isUnderWay(id) {
      const message = messages.get(id);
      return message !== undefined && lines.get(message.frame.conversationId)?.underWay === message;
    },
    next() {
      const message = ready[0];
      if (message === undefined) return undefined;
      const line = lineOf(message);
      change(line, () => {
        line.waiting.shift();
        line.underWay = message;
        underWay += 1;
      });
      return message;
    },
    retry(id) {
      const message = messages.get(id);
      const line = message && lines.get(message.frame.conversationId);
      if (line !== undefined && line.underWay === message) retry(line);
    },
    retryAll() {
      for (const line of lines.values()) retry(line);
    },
    remove(id) {
      const message = messages.get(id);
      if (message === undefined) return undefined;
      messages.delete(id);
      const line = lineOf(message);
      change(line, () => {
        if (line.underWay === message) stop(line);
        else line.waiting.splice(line.waiting.indexOf(message), 1);
      });
      if (line.underWay === undefined && line.waiting.length === 0)
        lines.delete(message.frame.conversationId);
      return message;
    },
    list: () => [...messages.values()].sort((a, b) => (a.position < b.position ? -1 : 1)),
  };
}

/** Into its place; at the end in nearly every case. */
function insert(sorted: QueuedMessage[], message: QueuedMessage): void {
  let index = sorted.length;
  while (index > 0 && (sorted[index - 1]?.position ?? '') > message.position) index -= 1;
  sorted.splice(index, 0, message);
}
