import { describe, expect, it } from '@jest/globals';
import { isAllowed } from './allow-list.ts';
import { isPublicAddress } from './public-address.ts';

it.each(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

it.each([
  ...['127.0.0.1', '10.1.2.3', '192.168.0.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
  ...['224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', 'no address'],
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

describe('isAllowed', () => {
  const allow = ['example.com', '*.wiki.org', 'api.test:8443'];
  it.each([
    ['https://example.com/a', true],
    ['http://example.com:80/', true],
    ['https://example.com:8080/', false],
    ['https://www.example.com/', false],
    ['https://example.com.evil.net/', false],
    ['https://en.wiki.org/', true],
    ['https://wiki.org/', false],
    ['https://evilwiki.org/', false],
    ['https://api.test:8443/', true],
    ['https://api.test/', false],
    ['ftp://example.com/', false],
  ])('%s: %s', (address, expected) => expect(isAllowed(new URL(address), allow)).toBe(expected));
});
