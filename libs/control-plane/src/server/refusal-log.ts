import type { Logger } from '../logger.ts';

/** A call that was not let in. */
export interface RefusedCall {
  /** The refused secret: the token that members join with, or the credential of one of them. */
  readonly kind: 'join_token' | 'credential';
  /** Where it came from, e.g. `127.0.0.1:40312`. */
  readonly peer: string;
  /** e.g. `/parley.v1.AgentRegistrationService/Heartbeat` */
  readonly method: string;
  /** The id in whose name the call was made. */
  readonly agentId?: string;
}

/** Of many calls in a row a line a second is enough. */
const QUIET_MS = 1_000;

const TEXTS: Readonly<Record<RefusedCall['kind'], string>> = {
  join_token: 'a call was refused: its join token is missing, wrong, or for somebody else',
  credential: 'a call was refused: its credential is missing or belongs to somebody else',
};

/**
 * One line for each refused call, at most one a second of each kind; `more` in the next one counts those between.
 * @param now milliseconds of a clock that does not jump. @default performance.now
 */
export function createRefusalLog(
  logger: Logger,
  now: () => number = () => performance.now(),
): (refused: RefusedCall) => void {
  const kinds = new Map<RefusedCall['kind'], { readonly at: number; more: number }>();
  return (refused) => {
    const before = kinds.get(refused.kind);
    const at = now();
    if (before !== undefined && at - before.at < QUIET_MS) {
      before.more += 1;
      return;
    }
    kinds.set(refused.kind, { at, more: 0 });
    logger.warn(
      { ...refused, ...(before === undefined || before.more === 0 ? {} : { more: before.more }) },
      TEXTS[refused.kind],
    );
  };
}
