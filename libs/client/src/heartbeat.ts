export interface HeartbeatOptions {
  /** From the server's `welcome`, in milliseconds. */
  readonly heartbeatMs: number;
  readonly ping: () => void;
  /** Nothing was heard for a heartbeat, though it was asked for. Called once; the heartbeat has stopped by then. */
  readonly onDead: () => void;
}

export interface Heartbeat {
  /** Something arrived. */
  heard(): void;
  stop(): void;
}

/** Bounds on what a server may ask for, so that a wrong number makes neither a busy loop nor a deaf client. */
const SHORTEST_MS = 10;
const LONGEST_MS = 60_000;

/** Pings in a heartbeat. */
const PINGS = 3;

/**
 * Pings some times in a heartbeat and notices when nothing comes back. It counts its own pings and reads no clock: after a
 * laptop slept, or a browser held the page's timers back, the server gets time to answer before it is given up.
 */
export function startHeartbeat({ heartbeatMs, ping, onDead }: HeartbeatOptions): Heartbeat {
  let unanswered = 0;
  const timer = setInterval(
    () => {
      unanswered += 1;
      if (unanswered <= PINGS) return ping();
      clearInterval(timer);
      onDead();
    },
    Math.min(Math.max(heartbeatMs / PINGS, SHORTEST_MS), LONGEST_MS),
  );
  return {
    heard() {
      unanswered = 0;
    },
    stop: () => clearInterval(timer),
  };
}
