import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { AuditHead, type AuditInput, signedText } from '@parley/shared-models';
import { type Ground, makeGround, silent } from '../../testing/server-fixture.ts';
import { startHeadShipping } from './ship-heads.ts';

const ENTRY: AuditInput = {
  action: 'agent.pause',
  actor: { kind: 'user', id: 'ada', name: 'Ada' },
  agentId: 'shell',
  result: 'ok',
};
/** Nothing is shipped by the timer in these tests: at the beginning and at the end it is. */
const AUDIT_HEAD_INTERVAL_MS = 86_400_000;

describe("the audit's head", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await makeGround();
  });
  afterAll(() => ground.remove());
  const ship = (settings: Partial<Parameters<typeof startHeadShipping>[0]>) =>
    startHeadShipping({ AUDIT_HEAD_INTERVAL_MS, ...settings }, { audit: ground.store.audit, logger: silent });

  it('is added to a file when it has moved, signed', async () => {
    const { audit } = ground.store;
    const { privateKey } = generateKeyPairSync('ed25519');
    const keyFile = path.join(ground.folder.dataDir, 'key.pem');
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const file = path.join(ground.folder.dataDir, 'elsewhere', 'heads.jsonl');
    const settings = { AUDIT_HEAD_FILE: file, AUDIT_HEAD_KEY_FILE: keyFile };
    const first = await audit.append(ENTRY);
    const shipping = ship(settings);
    await eventually(async () => expect(await readFile(file, 'utf8')).toContain(first.hash));
    const second = await audit.append(ENTRY);
    await shipping.stop();
    await ship(settings).stop();

    const heads = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => AuditHead.parse(JSON.parse(line)));
    // The second start has shipped the head of the first once more.
    expect(heads.map(({ seq, hash }) => ({ seq, hash }))).toEqual(
      [first, second, second].map(({ seq, hash }) => ({ seq, hash })),
    );
    for (const head of heads) {
      const signature = Buffer.from(head.signature ?? '', 'base64');
      expect(verify(null, Buffer.from(signedText(head)), createPublicKey(privateKey), signature)).toBe(true);
    }
  });

  it('is refused a key of another kind', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keyFile = path.join(ground.folder.dataDir, 'ec.pem');
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(() => ship({ AUDIT_HEAD_FILE: '/nowhere', AUDIT_HEAD_KEY_FILE: keyFile })).toThrow('Ed25519');
  });

  it('is sent to syslog and posted, and posted again where that failed', async () => {
    const { seq, hash } = await ground.store.audit.append(ENTRY);
    const syslog = createSocket('udp4');
    syslog.bind(0, '127.0.0.1');
    await once(syslog, 'listening');
    const told = once(syslog, 'message') as Promise<[Buffer]>;
    const posted: string[] = [];
    const refused = Promise.withResolvers<void>();
    const web = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      posted.push(body);
      response.writeHead(posted.length === 1 ? 500 : 204).end();
      refused.resolve();
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    try {
      const shipping = ship({
        AUDIT_HEAD_SYSLOG: `udp://127.0.0.1:${syslog.address().port}`,
        AUDIT_HEAD_URL: `http://127.0.0.1:${(web.address() as AddressInfo).port}/heads`,
      });
      const [[line]] = await Promise.all([told, refused.promise]);
      const text = line.toString();
      expect(text).toMatch(/^<86>1 \S+ \S+ parley \d+ audit-head - \{/);
      expect(AuditHead.parse(JSON.parse(text.slice(text.indexOf('{'))))).toMatchObject({ seq, hash });
      await shipping.stop();
      expect(posted.map((body) => AuditHead.parse(JSON.parse(body)).hash)).toEqual([hash, hash]);
    } finally {
      syslog.close();
      await new Promise((resolve) => web.close(resolve));
    }
  });
});
