import { createRecentMap } from './recent-map.ts';

/** A message of the external server, while Parley works on it and a while longer. */
export interface Request {
  readonly id: string;
  readonly conversationId: string;
  readonly format: 'json' | 'text';
  /** As the external server knows them. */
  readonly userId: string | undefined;
  readonly externalId: string | undefined;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/** The requests by their ids in Parley. */
export interface PendingRequests {
  /** Not ended yet. */
  readonly size: number;
  add(request: Request): void;
  /** Also one that has ended a while ago: an agent may reply twice. */
  get(id: string): Request | undefined;
  /** @returns the request, where it had not ended before */
  end(id: string): Request | undefined;
  /** Resolves when all have ended, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

const ENDED_KEPT = 1000;

export function createPendingRequests(): PendingRequests {
  const pending = new Map<string, Request>();
  const ended = createRecentMap<Request>(ENDED_KEPT);
  let whenEmpty: (() => void) | undefined;

  return {
    get size() {
      return pending.size;
    },
    add: (request) => void pending.set(request.id, request),
    get: (id) => pending.get(id) ?? ended.get(id),
    end(id) {
      const request = pending.get(id);
      if (request === undefined) return undefined;
      pending.delete(id);
      ended.set(id, request);
      if (pending.size === 0) whenEmpty?.();
      return request;
    },
    async settled(timeoutMs) {
      if (pending.size === 0) return;
      const done = Promise.withResolvers<void>();
      whenEmpty = done.resolve;
      const timer = setTimeout(done.resolve, timeoutMs);
      await done.promise;
      clearTimeout(timer);
      whenEmpty = undefined;
    },
  };
}
