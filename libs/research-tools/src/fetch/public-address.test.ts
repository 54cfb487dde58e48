import { describe, expect, it } from '@jest/globals';
import { isAllowed } from './allow-list.ts';
import { isPublicAddress } from './public-address.ts';

it.each([
  '93.184.216.34',
  '192.0.1.1',
  '223.255.255.255',
  '2606:2800:220:1:248:1893:25c8:1946',
  '2606:2800:0220:0001:0248:1893:25C8:1946',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

it.each([
  ...['127.0.0.1', '10.1.2.3', '192.168.0.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
  ...['224.0.0.1', '255.255.255.255', '192.0.0.8', '198.18.0.1', '203.0.113.9', '240.0.0.1'],
  ...['::1', '::', 'fe80::1', 'fd00::1', 'fec0::1', 'ff02::1', '100::1', '5f00::1', '3fff::1'],
  // IPv4 inside IPv6, in either spelling: mapped, compatible, NAT64, 6to4, Teredo.
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::7f00:1', '0:0:0:0:0:0:7f00:1', '::a9fe:a9fe'],
  ...['::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::7f00:1'],
  ...['2002:7f00:1::', '2002:7f00:0001::1', '2001::7f00:1', '2001:0:4136:e378:8000:63bf:80ff:fffe'],
  // Texts that a resolver or a URL parser would read as an address.
  ...[
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '127.0.0.1%0',
    '::1%lo',
    'fe80::1%eth0',
  ],
  ...['2606:2800:220:1:248:1893:25c8:1946%eth0', '[::1]', '', ' 127.0.0.1', 'no address'],
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
