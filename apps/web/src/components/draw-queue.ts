import type { Drawing, DrawnText, DrawRequest } from './drawing.ts';

/** A worker thread that handles one request at a time. */
export interface DrawWorker {
  begin(request: DrawRequest): void;
  end(): void;
}

export interface WorkerEvents {
  readonly onDrawn: (drawing: Drawing) => void;
  /** The worker could not be loaded or has failed; it is terminated then. */
  readonly onBroken: () => void;
}

export interface DrawQueue {
  /** The cached drawing of the request. */
  find(request: DrawRequest): Drawing | undefined;
  /** The longest cached drawing of a beginning of the text that is at least half of it. */
  findBeginning(request: DrawRequest): DrawnText | undefined;
  /** Draws the text in the worker; the latest request comes first. @returns removes the request if it has not begun */
  draw(request: DrawRequest, onDrawn: (drawing: Drawing) => void): () => void;
  /** Caches a drawing that was made elsewhere. */
  keep(request: DrawRequest, drawing: Drawing): void;
  /** Removes the drawing of a text that has grown since. */
  forget(request: DrawRequest): void;
}

export interface DrawQueueOptions {
  readonly startWorker: (events: WorkerEvents) => DrawWorker;
  /** A drawing that takes longer is aborted, in milliseconds. @default 4000 */
  readonly deadlineMs?: number;
  /** Characters of the texts whose drawings are cached. @default 2000000 */
  readonly keptCharacters?: number;
}

interface Job {
  readonly request: DrawRequest;
  readonly onDrawn: (drawing: Drawing) => void;
}

/**
 * Draws foreign texts in a worker thread, one after another. A text that takes too long delays only other drawings, and
 * only up to the deadline: then its worker is terminated.
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
  /** In order of use, the last used at the end. */
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

  /** The failure is not cached: without a connection a worker cannot be loaded, and later it can. */
  function onBroken(): void {
    endWorker();
    end({ problem: 'the browser could not work it out' });
  }

  function startNext(): void {
    current = waiting.pop();
    // The same text may have been requested twice.
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
