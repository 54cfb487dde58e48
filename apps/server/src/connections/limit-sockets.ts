import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { proxiesOf } from '../http/trusted-proxies.ts';
import type { Admission, ConnectionLimits } from './connection-limits.ts';

/** The place that a WebSocket's connection has among those of its address. */
export type AdmissionOf = (request: FastifyRequest, evict: () => void) => Admission | undefined;

/**
 * Bounds the connections to the HTTP port, from the moment the system hands them over. One is held while a request that has
 * come completely is answered. Those of a trusted proxy are its own affair: behind it WebSockets count for the address that
 * it names.
 */
export function limitSockets(
  app: FastifyInstance,
  limits: ConnectionLimits,
  trustedProxies: readonly string[],
): AdmissionOf {
  const admissions = new WeakMap<Socket, Admission>();
  const isProxy = proxiesOf(trustedProxies);

  app.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress;
    // It broke before it was handed over.
    if (address === undefined || isProxy(address)) return;
    const admission = limits.admit(address, () => socket.destroy());
    if (admission === undefined) {
      socket.destroy();
      return;
    }
    admissions.set(socket, admission);
    socket.on('close', () => admission.end());
  });
  app.addHook('preHandler', async ({ raw }) => admissions.get(raw.socket)?.hold());
  app.addHook('onResponse', async ({ raw }) => admissions.get(raw.socket)?.release());

  return ({ raw, ip }, evict) => {
    const own = admissions.get(raw.socket);
    // From here on the WebSocket says when it is held.
    own?.release();
    if (own !== undefined || !isProxy(raw.socket.remoteAddress ?? '')) return own;
    const admission = limits.admit(ip, evict);
    if (admission !== undefined) raw.socket.on('close', () => admission.end());
    return admission;
  };
}
