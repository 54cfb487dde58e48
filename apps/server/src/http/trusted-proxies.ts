import { isIP } from 'node:net';

/** Networks that have a name: this machine, and the private ones. */
const NAMED = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Whether it is an address, a network such as `10.0.0.0/8`, or one of the named ones. */
export function isProxyAddress(text: string): boolean {
  if (NAMED.has(text)) return true;
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
