export interface HeartbeatOptions {
  /** From the server's `welcome`, in milliseconds. */
  readonly heartbeatMs: number;
  readonly ping: () => void;
  /** The server has not answered the pings for one heartbeat. Called once; the heartbeat has stopped by then. */
  readonly onDead: () => void;
}

export interface Heartbeat {
  /** Any frame arrived. */
  heard(): void;
  stop(): void;
}

/** Limits for the server's value, so that a wrong number causes neither a busy loop nor a heartbeat that is too slow. */
const SHORTEST_MS = 10;
const LONGEST_MS = 60_000;

/** Pings for each heartbeat. */
const PINGS = 3;

/**
 * Pings several times for each heartbeat and detects missing answers. It counts its own pings and reads no clock: after a
 * laptop slept, or a browser throttled the page's timers, the server still gets time to answer.
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
