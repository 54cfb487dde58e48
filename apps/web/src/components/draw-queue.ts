import type { Drawing, DrawnText, DrawRequest } from './drawing.ts';

/** A thread that works out one request at a time. */
export interface DrawWorker {
  begin(request: DrawRequest): void;
  end(): void;
}

export interface WorkerEvents {
  readonly onDrawn: (drawing: Drawing) => void;
  /** It could not be loaded, or has broken; it is ended then. */
  readonly onBroken: () => void;
}

export interface DrawQueue {
  /** What is known of it already. */
  find(request: DrawRequest): Drawing | undefined;
  /** The longest known beginning of it that is half of it at least. */
  findBeginning(request: DrawRequest): DrawnText | undefined;
  /** Works it out, the latest request first. @returns takes the request back, if it has not begun */
  draw(request: DrawRequest, onDrawn: (drawing: Drawing) => void): () => void;
  /** Keeps what was worked out elsewhere. */
  keep(request: DrawRequest, drawing: Drawing): void;
  /** Forgets a text that has grown. */
  forget(request: DrawRequest): void;
}

export interface DrawQueueOptions {
  readonly startWorker: (events: WorkerEvents) => DrawWorker;
  /** What takes longer is given up, in milliseconds. @default 4000 */
  readonly deadlineMs?: number;
  /** Characters of the texts whose drawings are kept. @default 2000000 */
  readonly keptCharacters?: number;
}

interface Job {
  readonly request: DrawRequest;
  readonly onDrawn: (drawing: Drawing) => void;
}

/**
 * Has foreign texts worked out in a thread of their own, one after another, so that a text that takes for ever holds up
 * no more than the drawing of others, and that not for long: past the deadline its thread is ended.
 */
export function createDrawQueue({
  startWorker,
  deadlineMs = 4000,
  keptCharacters = 2_000_000,
}: DrawQueueOptions): DrawQueue {
  const waiting: Job[] = [];
  let current: Job | undefined;
  let worker: DrawWorker | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  /** The latest used last. */
  const known = new Map<string, Drawing>();
  let characters = 0;

  function forget(request: DrawRequest): void {
    const key = keyOf(request);
    if (known.delete(key)) characters -= key.length;
  }

  function keep(request: DrawRequest, drawing: Drawing): void {
    forget(request);
    const key = keyOf(request);
    known.set(key, drawing);
    characters += key.length;
    for (const oldest of known.keys()) {
      if (characters <= keptCharacters) return;
      known.delete(oldest);
      characters -= oldest.length;
    }
  }

  function end(drawing: Drawing): void {
    clearTimeout(deadline);
    const ended = current;
    current = undefined;
    startNext();
    ended?.onDrawn(drawing);
  }

  function endWorker(): void {
    worker?.end();
    worker = undefined;
  }

  function onDrawn(drawing: Drawing): void {
    if (current !== undefined) keep(current.request, drawing);
    end(drawing);
  }

  /** Nothing is kept of it: without a connection a worker cannot be loaded, and later it can. */
  function onBroken(): void {
    endWorker();
    end({ problem: 'the browser could not work it out' });
  }

  function startNext(): void {
    current = waiting.pop();
    // The same text may have been asked for twice.
    for (let found = findCurrent(); found !== undefined; found = findCurrent()) {
      current?.onDrawn(found);
      current = waiting.pop();
    }
    if (current === undefined) return;
    const { request } = current;
    worker ??= startWorker({ onDrawn, onBroken });
    deadline = setTimeout(() => {
      endWorker();
      const drawing = { problem: 'it would take too long to lay out' };
      keep(request, drawing);
      end(drawing);
    }, deadlineMs);
    worker.begin(request);
  }

  const findCurrent = (): Drawing | undefined =>
    current === undefined ? undefined : known.get(keyOf(current.request));

  return {
    find: (request) => known.get(keyOf(request)),
    findBeginning(request) {
      const key = keyOf(request);
      let longest = '';
      for (const [each, drawing] of known) {
        if ('tree' in drawing && each.length > longest.length && key.startsWith(each)) longest = each;
      }
      const drawing = known.get(longest);
      if (drawing === undefined || longest.length < key.length / 2) return undefined;
      return { text: request.text.slice(0, request.text.length - (key.length - longest.length)), drawing };
    },
    draw(request, onDrawn) {
      const job = { request, onDrawn };
      waiting.push(job);
      if (current === undefined) startNext();
      return () => {
        const at = waiting.indexOf(job);
        if (at !== -1) waiting.splice(at, 1);
      };
    },
    keep,
    forget,
  };
}

const keyOf = ({ text, language }: DrawRequest): string =>
  language === undefined ? text : `${language}\0${text}`;
