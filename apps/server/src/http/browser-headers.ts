import type { FastifyInstance } from 'fastify';

/** The content security policy of pages; `connect-src` is added for each host. */
const POLICY = [
  "default-src 'self'",
  "base-uri 'self'",
  "font-src 'self' https: data:",
  "form-action 'self'",
  "frame-ancestors 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "script-src 'self'",
  "script-src-attr 'none'",
  // The component library sets styles on elements and in style elements.
  "style-src 'self' 'unsafe-inline'",
].join(';');

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Permitted-Cross-Domain-Policies': 'none',
  // The filter of old browsers could be turned against a page.
  'X-XSS-Protection': '0',
};

/**
 * Tells browsers to forbid a page everything that no page of ours does: the defaults of helmet, without those that
 * would insist on https, which the proxy in front may or may not speak. Each answer has them, and an opened WebSocket
 * has no answer to put them in.
 */
export function registerBrowserHeaders(app: FastifyInstance): void {
  const headers = Object.entries(HEADERS);
  app.addHook('onSend', (request, { raw }, _payload, done) => {
    raw.setHeader('Content-Security-Policy', `${POLICY};connect-src 'self' ${socketsOf(request.host)}`);
    for (const [name, value] of headers) raw.setHeader(name, value);
    done();
  });
}

/** WebSockets of the own host, for browsers that do not count them as 'self'. */
function socketsOf(host: string): string {
  return /^[\w.:[\]-]+$/.test(host) ? `ws://${host} wss://${host}` : "'self' 'self'";
}
