import type { Logger } from '@parley/process-kit';
import type { Store } from '@parley/store';

/** Tokens of people (`jti`) and join tokens of agents that an operator has revoked, at this server or at another one. */
export interface RevokedTokens {
  has(tokenId: string): boolean;
  /** Holds here when it resolves, at other servers a moment later. @throws ParleyError `store_unavailable` */
  revoke(tokenId: string): Promise<void>;
  /** Calls the listener when that token is revoked. */
  onRevoked(tokenId: string, listener: () => void): () => void;
  /** Reads the revoked tokens; to be called before anybody is let in. @throws ParleyError `store_unavailable` */
  load(): Promise<void>;
  stop(): Promise<void>;
}

/** Between two looks into the store, in milliseconds: so long a token may count that was revoked at another server. */
const LOOK_MS = 1000;

export function createRevokedTokens(options: {
  readonly store: Pick<Store, 'revokedTokens'>;
  readonly logger: Logger;
  /** @default 1000 */
  readonly lookMs?: number;
}): RevokedTokens {
  const { logger, lookMs = LOOK_MS } = options;
  const { revokedTokens } = options.store;
  /** By the token that they ask about. */
  const listeners = new Map<string, Set<() => void>>();
  let known: ReadonlySet<string> = new Set();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const now = new Set(await revokedTokens.list());
    const more = [...now].filter((tokenId) => !known.has(tokenId));
    known = now;
    for (const tokenId of more) for (const listener of [...(listeners.get(tokenId) ?? [])]) listener();
  };
  const lookAgain = (): void => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => {
      looking = look()
        .catch((err: unknown) => logger.warn({ err }, 'revoked tokens could not be read; trying again'))
        .finally(lookAgain);
    }, lookMs);
  };

  return {
    has: (tokenId) => known.has(tokenId),
    async revoke(tokenId) {
      await revokedTokens.add(tokenId);
      await look();
    },
    onRevoked(tokenId, listener) {
      const own = listeners.get(tokenId) ?? new Set();
      listeners.set(tokenId, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(tokenId) === own) listeners.delete(tokenId);
      };
    },
    async load() {
      await look();
      lookAgain();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
