import {
  type ExternalStatus,
  type ExternalStatusReport,
  newId,
  ParleyError,
  type SendToExternal,
  type SentToExternal,
} from '@parley/shared-models';
import type { Session } from '../websocket/session.ts';

type Gateway = ExternalStatusReport['gateways'][number];

/** The connection of a gateway. */
type GatewaySession = Pick<Session, 'sendFrame'>;

/** The gateways to external servers that are, or were, connected to this server. */
export interface ExternalGateways {
  report(session: GatewaySession, status: ExternalStatus): void;
  /** The connection has ended: its gateway's last report stays, what waits for it fails. */
  left(session: GatewaySession): void;
  /** The latest report first. */
  list(): Gateway[];
  /**
   * Resolves when the gateway has sent it.
   * @throws ParleyError `unavailable` when there is no such gateway, or it could not send, or said nothing in time
   */
  send(wanted: SendToExternal): Promise<SentToExternal>;
  /** A gateway's answer. One that nobody waits for any more is ignored. */
  sent(session: GatewaySession, outcome: Outcome): void;
}

interface Outcome {
  readonly id: string;
  readonly ok: boolean;
  readonly error?: string | undefined;
}

interface Entry {
  readonly status: ExternalStatus;
  readonly reportedAt: string;
  readonly session: GatewaySession | undefined;
}

interface Waiting {
  readonly session: GatewaySession;
  settle(outcome: Outcome): void;
}

/** Gateways that are gone are forgotten when there are more than this, those first that were silent longest. */
const KEPT = 100;

/** @param timeoutMs how long a gateway may take to send */
export function createExternalGateways(timeoutMs = 10_000): ExternalGateways {
  /** By gateway id, the latest report last. */
  const gateways = new Map<string, Entry>();
  const waiting = new Map<string, Waiting>();
  /** Connections that have reported: most others never do. */
  const reporters = new Set<GatewaySession>();

  function forgetOld(): void {
    for (const [id, { session }] of gateways) {
      if (gateways.size <= KEPT) return;
      if (session === undefined) gateways.delete(id);
    }
  }

  function choose(gatewayId: string | undefined): Entry & { session: GatewaySession } {
    const here = [...gateways.values()].filter((entry) => entry.session !== undefined).reverse();
    const entry =
      gatewayId === undefined
        ? (here.find(({ status }) => status.state === 'connected') ?? here[0])
        : here.find(({ status }) => status.gatewayId === gatewayId);
    if (entry?.session === undefined) {
      const which = gatewayId === undefined ? 'No gateway' : 'That gateway';
      throw new ParleyError(
        'unavailable',
        `${which} is ${gatewayId === undefined ? '' : 'not '}connected to this server.`,
      );
    }
    return { ...entry, session: entry.session };
  }

  return {
    report(session, status) {
      reporters.add(session);
      gateways.delete(status.gatewayId);
      gateways.set(status.gatewayId, { status, reportedAt: new Date().toISOString(), session });
      forgetOld();
    },
    left(session) {
      if (!reporters.delete(session)) return;
      for (const [id, entry] of gateways) {
        if (entry.session === session) gateways.set(id, { ...entry, session: undefined });
      }
      for (const [id, entry] of waiting) {
        if (entry.session === session) entry.settle({ id, ok: false, error: 'the gateway went away' });
      }
    },
    list: () =>
      [...gateways.values()]
        .reverse()
        .map(({ status, reportedAt, session }) => ({ ...status, reportedAt, isHere: session !== undefined })),
    async send({ message, userId, gatewayId }) {
      const { session, status } = choose(gatewayId);
      const id = newId();
      const done = Promise.withResolvers<Outcome>();
      const timer = setTimeout(
        () => done.resolve({ id, ok: false, error: 'the gateway did not say in time whether it was sent' }),
        timeoutMs,
      );
      waiting.set(id, { session, settle: done.resolve });
      try {
        session.sendFrame({
          type: 'external.send',
          id,
          text: message,
          ...(userId === undefined ? {} : { userId }),
        });
        const { ok, error } = await done.promise;
        if (!ok) throw new ParleyError('unavailable', `It could not be sent: ${error ?? 'no reason given'}.`);
        return { id, gatewayId: status.gatewayId };
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    sent(session, outcome) {
      const entry = waiting.get(outcome.id);
      if (entry?.session === session) entry.settle(outcome);
    },
  };
}
