import {
  type ExternalStatus,
  type ExternalStatusReport,
  newId,
  ParleyError,
  type SendToExternal,
  type SentToExternal,
} from '@parley/shared-models';
import type { ClientSocket } from '../websocket/client-socket.ts';

type Gateway = ExternalStatusReport['gateways'][number];

/** The connection of a gateway. */
type GatewaySocket = Pick<ClientSocket, 'sendFrame'>;

/** The gateways to external servers that are, or were, connected to this server. */
export interface ExternalGateways {
  report(socket: GatewaySocket, status: ExternalStatus): void;
  /** The connection has ended: its gateway's last report stays, requests that wait for it fail. */
  left(socket: GatewaySocket): void;
  /** The latest report first. */
  list(): Gateway[];
  /**
   * Resolves when the gateway has sent it.
   * @throws ParleyError `unavailable` when there is no such gateway, or it could not send, or said nothing in time
   */
  send(wanted: SendToExternal): Promise<SentToExternal>;
  /** A gateway's answer. An answer that nobody waits for any more is ignored. */
  sent(socket: GatewaySocket, outcome: Outcome): void;
}

interface Outcome {
  readonly id: string;
  readonly ok: boolean;
  readonly error?: string | undefined;
}

interface Entry {
  readonly status: ExternalStatus;
  readonly reportedAt: string;
  readonly socket: GatewaySocket | undefined;
}

interface Waiting {
  readonly socket: GatewaySocket;
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
  const reporters = new Set<GatewaySocket>();

  function forgetOld(): void {
    for (const [id, { socket }] of gateways) {
      if (gateways.size <= KEPT) return;
      if (socket === undefined) gateways.delete(id);
    }
  }

  function choose(gatewayId: string | undefined): Entry & { socket: GatewaySocket } {
    const here = [...gateways.values()].filter((entry) => entry.socket !== undefined).reverse();
    const entry =
      gatewayId === undefined
        ? (here.find(({ status }) => status.state === 'connected') ?? here[0])
        : here.find(({ status }) => status.gatewayId === gatewayId);
    if (entry?.socket === undefined) {
      const which = gatewayId === undefined ? 'No gateway' : 'That gateway';
      throw new ParleyError(
        'unavailable',
        `${which} is ${gatewayId === undefined ? '' : 'not '}connected to this server.`,
      );
    }
    return { ...entry, socket: entry.socket };
  }

  return {
    report(socket, status) {
      reporters.add(socket);
      gateways.delete(status.gatewayId);
      gateways.set(status.gatewayId, { status, reportedAt: new Date().toISOString(), socket });
      forgetOld();
    },
    left(socket) {
      if (!reporters.delete(socket)) return;
      for (const [id, entry] of gateways) {
        if (entry.socket === socket) gateways.set(id, { ...entry, socket: undefined });
      }
      for (const [id, entry] of waiting) {
        if (entry.socket === socket) entry.settle({ id, ok: false, error: 'the gateway went away' });
      }
    },
    list: () =>
      [...gateways.values()]
        .reverse()
        .map(({ status, reportedAt, socket }) => ({ ...status, reportedAt, isHere: socket !== undefined })),
    async send({ message, userId, gatewayId }) {
      const { socket, status } = choose(gatewayId);
      const id = newId();
      const done = Promise.withResolvers<Outcome>();
      const timer = setTimeout(
        () => done.resolve({ id, ok: false, error: 'the gateway did not say in time whether it was sent' }),
        timeoutMs,
      );
      waiting.set(id, { socket, settle: done.resolve });
      try {
        socket.sendFrame({
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
    sent(socket, outcome) {
      const entry = waiting.get(outcome.id);
      if (entry?.socket === socket) entry.settle(outcome);
    },
  };
}
