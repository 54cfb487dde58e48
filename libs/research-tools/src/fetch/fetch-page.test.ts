import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AllowListSetting } from './allow-list.ts';
import { createPageFetcher, type PageFetcherOptions } from './fetch-page.ts';

let server: Server;
let asked: string[];
let answer: RequestListener;
let port: number;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const send =
  (
    body: string | Buffer,
    headers: Record<string, string> = { 'content-type': 'text/plain' },
    status = 200,
  ): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };

const fetchPage = (address: string, options: Partial<PageFetcherOptions> = {}) =>
  createPageFetcher({ allow: [`localhost:${port}`], isAllowedAddress: () => true, ...options })(address);

describe('fetching a page', () => {
  it('returns text as it came, and HTML as readable text', async () => {
    answer = send('{"a":1}', { 'content-type': 'application/json' });
    expect(await fetchPage(`http://localhost:${port}/a`)).toMatchObject({ text: '{"a":1}', isCut: false });
    answer = send('<h1>Hi</h1><script>no()</script><p>you <b>there</b></p>', { 'content-type': 'text/html' });
    const { text } = await fetchPage(`http://localhost:${port}/b`);
    expect(text).toMatch(/^hi\s+you there$/i);
    expect((await fetchPage(`http://localhost:${port}/b`, { maxCharacters: 2 })).isCut).toBe(true);
  });

  it('gives up on a page whose reading takes too long, and does not stand still meanwhile', async () => {
    answer = send('<div>'.repeat(380_000), { 'content-type': 'text/html' });
    let turns = 0;
    const ticking = setInterval(() => turns++, 10);
    try {
      const reading = fetchPage(`http://localhost:${port}/deep`, { readingMs: 1000, timeoutMs: 60_000 });
      await expect(reading).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining('cannot be read'),
      });
      expect(turns).toBeGreaterThan(10);
    } finally {
      clearInterval(ticking);
    }
  });

  it.each([
    ['text/plain; charset=utf-16le', 'utf16le'],
    ['text/plain; charset="ISO-8859-1"', 'latin1'],
    ['text/plain; charset=nonsense', 'latin1'],
    ['text/plain', 'utf8'],
  ] as const)('reads %s in its own encoding', async (type, encoding) => {
    answer = send(Buffer.from('Größe', encoding), { 'content-type': type });
    expect((await fetchPage(`http://localhost:${port}/`)).text).toBe('Größe');
  });

  it('does not unpack a compressed page', async () => {
    answer = send(gzipSync('0'.repeat(50_000_000)), {
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
    });
    await expect(fetchPage(`http://localhost:${port}/`)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('a packed page (gzip)'),
    });
  });

  it('asks nobody when no host is allowed', async () => {
    await expect(fetchPage(`http://localhost:${port}/`, { allow: [] })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(asked).toEqual([]);
  });

  it.each([
    ['another host', 'http://127.0.0.1:PORT/'],
    ['another port', 'http://localhost/'],
    ['a name with password', 'http://me:secret@localhost:PORT/'],
    ['a file', 'file:///etc/passwd'],
  ])('refuses %s', async (_what, address) => {
    answer = send('secret');
    const rejected = expect(fetchPage(address.replace('PORT', String(port)))).rejects;
    await rejected.toMatchObject({ code: 'forbidden' });
    expect(asked).toEqual([]);
  });

  it('refuses private addresses, by name and by number', async () => {
    answer = send('secret');
    const own = { allow: [`localhost:${port}`, `127.0.0.1:${port}`] };
    for (const host of ['localhost', '127.0.0.1', '2130706433', '0x7f.1']) {
      const fetching = createPageFetcher(own)(`http://${host}:${port}/`);
      await expect(fetching).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(asked).toEqual([]);
  });

  it('follows redirects within the list only', async () => {
    answer = (request, response) => {
      if (request.url === '/new') return send('here')(request, response);
      const target = request.url === '/inside' ? '/new' : `http://127.0.0.1:${port}/secret`;
      response.writeHead(302, { location: target }).end();
    };
    expect((await fetchPage(`http://localhost:${port}/inside`)).url).toBe(`http://localhost:${port}/new`);
    const outside = fetchPage(`http://localhost:${port}/outside`);
    await expect(outside).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked.some((each) => each.includes('secret'))).toBe(false);
  });

  it('ends a circle of redirects', async () => {
    answer = (_request, response) => response.writeHead(302, { location: '/again' }).end();
    await expect(fetchPage(`http://localhost:${port}/`)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('stops reading a page that is too large, also when it never ends', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(10_000), more);
      };
      more();
    };
    const large = fetchPage(`http://localhost:${port}/`, { maxBytes: 50_000 });
    await expect(large).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('gives up on a host that does not answer', async () => {
    answer = () => {};
    const slow = fetchPage(`http://localhost:${port}/`, { timeoutMs: 100 });
    await expect(slow).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('0.1 s'),
    });
  });

  it('stops at once when told to', async () => {
    answer = () => {};
    const stop = new AbortController();
    const options = { allow: [`localhost:${port}`], isAllowedAddress: () => true };
    const fetching = createPageFetcher(options)(`http://localhost:${port}/`, stop.signal);
    stop.abort();
    await expect(fetching).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    [404, 'text/plain', 'not_found'],
    [503, 'text/plain', 'unavailable'],
    [200, 'image/png', 'invalid_request'],
  ])('tells status %d of %s as %s', async (status, type, code) => {
    answer = send('x', { 'content-type': type }, status);
    await expect(fetchPage(`http://localhost:${port}/`)).rejects.toMatchObject({ code });
  });
});

describe('the allow-list', () => {
  it('is empty when unset, and refuses an entry that is no host', () => {
    expect(AllowListSetting.parse(undefined)).toEqual([]);
    expect(AllowListSetting.parse('Example.com, *.a-b.org example.com:8443')).toEqual([
      'example.com',
      '*.a-b.org',
      'example.com:8443',
    ]);
    for (const wrong of ['*', 'https://example.com', 'a/b', '*.*', 'a.*.b']) {
      expect(AllowListSetting.safeParse(wrong).success).toBe(false);
    }
  });
});
