import ipaddr from 'ipaddr.js';

/** Whether an IP address is one of the public internet: not of this machine, its network, or for special use. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` unwraps IPv4 that is written as IPv6.
  return ipaddr.process(address).range() === 'unicast';
}
