import type { MessageBus } from '@parley/messaging';
import { SIGNAL_KEYS, Signals } from '@parley/shared-models';

/** Which other servers there are. Signals about conversations are only worth their price when somebody else listens. */
export interface ServerPresence {
  hasOthers(): boolean;
  /** To be called with each signal whose key is `SIGNAL_KEYS.servers`. */
  onSignal(body: unknown): void;
  start(): void;
  stop(): void;
}

const ANNOUNCE_MS = 5000;
/** A server that was not heard of for this long is gone. */
const EXPIRE_MS = 3 * ANNOUNCE_MS;

/**
 * @param onMeet is called when another server is met: it did not know of this one until now, and what it did before was
 *   not signalled here
 */
export function createServerPresence(serverId: string, bus: MessageBus, onMeet: () => void): ServerPresence {
  const lastHeard = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const announce = (): void =>
    bus.signal({
      type: 'server.here',
      key: SIGNAL_KEYS.servers,
      body: Buffer.from(JSON.stringify({ serverId })),
    });

  return {
    hasOthers: () => lastHeard.size > 0,
    onSignal(body) {
      const { serverId: other } = Signals['server.here'].parse(body);
      if (other === serverId) return;
      const isNew = !lastHeard.has(other);
      lastHeard.set(other, Date.now());
      if (!isNew) return;
      // It may not know of this one yet.
      announce();
      onMeet();
    },
    start() {
      announce();
      timer = setInterval(() => {
        announce();
        const now = Date.now();
        for (const [other, at] of lastHeard) if (now - at > EXPIRE_MS) lastHeard.delete(other);
      }, ANNOUNCE_MS);
    },
    stop: () => clearInterval(timer),
  };
}
