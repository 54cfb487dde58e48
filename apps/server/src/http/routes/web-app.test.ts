import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeServices, type ServicesFixture, silent } from '../../../testing/server-fixture.ts';
import { type App, createApp } from '../create-app.ts';
import { registerWebApp } from './web-app.ts';

const PAGE = '<!doctype html><title>Parley</title>';

describe('the web app', () => {
  let fixture: ServicesFixture;
  let app: App;

  const start = async (isBuilt: boolean): Promise<void> => {
    fixture = await makeServices();
    const dist = path.join(fixture.folder.dataDir, 'dist');
    if (isBuilt) {
      await mkdir(path.join(dist, 'assets'), { recursive: true });
      await writeFile(path.join(dist, 'index.html'), PAGE);
      await writeFile(path.join(dist, 'favicon.svg'), '<svg/>');
      await writeFile(path.join(dist, 'assets/index-a1b2c3.js'), 'run()');
      await writeFile(path.join(dist, 'assets/index-a1b2c3.js.br'), brotliCompressSync('run()'));
      await writeFile(path.join(dist, 'assets/index-a1b2c3.js.gz'), gzipSync('run()'));
      await writeFile(path.join(dist, 'index.html.br'), brotliCompressSync(PAGE));
      await writeFile(path.join(fixture.folder.dataDir, 'secret.txt'), 'secret');
    }
    const config = { ...fixture.services.config, WEB_DIST: dist };
    app = await createApp(config, silent, fixture.services.authenticator);
    app.get('/api/known', { config: { action: 'public' } }, () => 'known');
    await registerWebApp(app, { ...fixture.services, config });
  };
  afterEach(async () => {
    await app.close();
    await fixture.remove();
  });

  const get = (url: string, accept = 'text/html,*/*') =>
    app.inject({ url, headers: { host: 'localhost', accept } });

  describe('that is built', () => {
    beforeEach(() => start(true));

    it.each([
      ['br', 'gzip, deflate, br, zstd', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
    ] as const)(
      'comes compressed with %s to a browser that takes it, to be kept for ever',
      async (encoding, accepted, inflate) => {
        const headers = { host: 'localhost', 'accept-encoding': accepted };
        const { headers: answered, rawPayload } = await app.inject({
          url: '/assets/index-a1b2c3.js',
          headers,
        });
        expect(answered).toMatchObject({
          'content-encoding': encoding,
          'content-type': expect.stringContaining('javascript'),
          'cache-control': 'public, max-age=31536000, immutable',
          vary: expect.stringMatching(/accept-encoding/i),
          etag: expect.any(String),
        });
        expect(inflate(rawPayload).toString()).toBe('run()');
      },
    );

    it('comes as it is to who takes nothing else, and where nothing else was built', async () => {
      const plain = await get('/assets/index-a1b2c3.js');
      expect([plain.headers['content-encoding'], plain.body]).toEqual([undefined, 'run()']);
      const headers = { host: 'localhost', 'accept-encoding': 'br' };
      const icon = await app.inject({ url: '/favicon.svg', headers });
      expect([icon.headers['content-encoding'], icon.body]).toEqual([undefined, '<svg/>']);
    });

    it('has a compressed page too, asked for anew each time but not sent again', async () => {
      const headers = { host: 'localhost', accept: 'text/html', 'accept-encoding': 'br' };
      const page = await app.inject({ url: '/c/some-conversation', headers });
      expect(page.headers).toMatchObject({ 'content-encoding': 'br', 'cache-control': 'no-cache' });
      expect(brotliDecompressSync(page.rawPayload).toString()).toBe(PAGE);
      const etag = String(page.headers.etag);
      const again = await app.inject({
        url: '/c/some-conversation',
        headers: { ...headers, 'if-none-match': etag },
      });
      expect(again.statusCode).toBe(304);
    });

    it.each(['/', '/chat/some-conversation', '/agents', '/index.html'])(
      'is shown at %s, and asked for anew each time',
      async (url) => {
        const response = await get(url);
        expect(response.body).toBe(PAGE);
        expect(response.headers['content-type']).toContain('text/html');
        expect(response.headers['cache-control']).toBe('no-cache');
      },
    );

    it('has its hashed files kept for ever, and no others', async () => {
      expect((await get('/assets/index-a1b2c3.js')).headers['cache-control']).toBe(
        'public, max-age=31536000, immutable',
      );
      expect((await get('/favicon.svg')).headers['cache-control']).toBe('no-cache');
    });

    it('is not shown to programs: they learn what the server is', async () => {
      const response = await get('/', 'application/json');
      expect(response.json()).toMatchObject({ name: 'Parley', webSocket: '/ws', queue: 'embedded' });
    });

    it.each(['/no-such-file.js', '/assets/missing.js'])(
      'is not shown in place of a script: %s',
      async (url) => {
        const response = await get(url, '*/*');
        expect(response.statusCode).toBe(404);
        expect(response.json()).toMatchObject({ code: 'not_found' });
      },
    );

    it('is not shown in place of an interface that is not there, or for a write', async () => {
      expect((await get('/api/known')).body).toBe('known');
      expect((await get('/api/unknown')).json()).toMatchObject({ code: 'not_found' });
      const headers = { host: 'localhost', accept: 'text/html' };
      expect((await app.inject({ method: 'POST', url: '/chat', headers })).statusCode).toBe(404);
    });

    it.each([
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/assets/../../secret.txt',
    ])('gives nothing from outside of its folder: %s', async (url) => {
      const response = await get(url, '*/*');
      expect(response.body).not.toBe('secret');
      expect(response.statusCode).toBeGreaterThanOrEqual(400);
    });
  });

  describe('that is not built', () => {
    beforeEach(() => start(false));

    it('is missed: browsers too learn what the server is', async () => {
      expect((await get('/')).json()).toMatchObject({ name: 'Parley', documentation: '/docs' });
      expect((await get('/chat')).statusCode).toBe(404);
    });
  });
});
