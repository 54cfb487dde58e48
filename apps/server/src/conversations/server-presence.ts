import type { MessageBus } from '@parley/messaging';
import { NEWEST_FRAMES, SIGNAL_KEYS, type SignalOf, Signals } from '@parley/shared-models';

/** Which other servers there are. Signals about conversations are only worth their price when somebody else listens. */
export interface ServerPresence {
  hasOthers(): boolean;
  /** Whether all of them read combined frames: `frames` 2. */
  readTogether(): boolean;
  /** To be called with each signal whose key is `SIGNAL_KEYS.servers`. */
  onSignal(body: unknown): void;
  /**
   * Signals of this server may not have reached the others: they meet it anew, and read the messages that they have
   * missed.
   */
  meetAgain(): void;
  start(): void;
  stop(): void;
}

const ANNOUNCE_MS = 5000;
/** A server that was not heard of for this long is gone. */
const EXPIRE_MS = 3 * ANNOUNCE_MS;

/**
 * @param onMeet is called when another server begins to signal to this one: its earlier changes were not signalled here
 */
export function createServerPresence(serverId: string, bus: MessageBus, onMeet: () => void): ServerPresence {
  const others = new Map<string, { readonly heardAt: number; readonly frames: number }>();
  /** Those that know of this one, and so signal to it. */
  const knownTo = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const announce = (): void =>
    bus.signal({
      type: 'server.here',
      key: SIGNAL_KEYS.servers,
      body: Buffer.from(
        JSON.stringify({
          serverId,
          knows: [...others.keys()],
          frames: NEWEST_FRAMES,
        } satisfies SignalOf<'server.here'>),
      ),
    });

  const expire = (): void => {
    for (const [other, { heardAt }] of others) {
      if (performance.now() - heardAt <= EXPIRE_MS) continue;
      others.delete(other);
      knownTo.delete(other);
    }
  };

  return {
    hasOthers: () => others.size > 0,
    readTogether: () => [...others.values()].every(({ frames }) => frames >= 2),
    onSignal(body) {
      const { serverId: other, knows, frames } = Signals['server.here'].parse(body);
      if (other === serverId) return;
      const isNew = !others.has(other);
      others.set(other, { heardAt: performance.now(), frames });
      const isKnown = knows.includes(serverId);
      if (isNew || !isKnown) announce();
      // It may have forgotten this one for a while, when it did not hear of it.
      if (!isKnown) knownTo.delete(other);
      else if (!knownTo.has(other)) {
        knownTo.add(other);
        onMeet();
      }
    },
    meetAgain() {
      // An unknown server gets no signals; once it is known again it begins with the stored messages.
      others.clear();
      announce();
    },
    start() {
      announce();
      timer = setInterval(() => {
        expire();
        announce();
      }, ANNOUNCE_MS);
    },
    stop: () => clearInterval(timer),
  };
}
