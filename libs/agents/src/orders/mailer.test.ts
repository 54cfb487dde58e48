import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { createMailer, type Mail } from './mailer.ts';

const mail: Mail = {
  messageId: '<order-1@parley.localhost>',
  to: { name: 'Ädä', address: 'ada@parley.localhost' },
  subject: 'Your order: 1 × Läptop',
  text: 'Hello Ädä,\nyour order was created.',
};
const decoded = (text: string): string => text.replace(/=\r\n/g, '');

describe('the mailer without a mail server', () => {
  it('writes a file that mail programs open, one for each mail', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'parley-mail-'));
    try {
      const mailer = createMailer({ dataDir });
      expect(mailer.label).toBe(path.join(dataDir, 'outbox'));
      await Promise.all([mailer.send(mail), mailer.send(mail)]);
      await mailer.send({ ...mail, messageId: '<../../evil@x>' });
      const files = await readdir(path.join(dataDir, 'outbox'));
      expect(files.sort()).toEqual(['.._.._evil_x.eml', 'order-1_parley.localhost.eml']);
      const text = await readFile(path.join(dataDir, 'outbox', 'order-1_parley.localhost.eml'), 'utf8');
      expect(text).toContain('Message-ID: <order-1@parley.localhost>\r\n');
      expect(text).toMatch(/^Subject: =\?UTF-8\?/m);
      expect(decoded(text)).toContain('your order was created.');
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});

describe('the mailer with a mail server', () => {
  let server: SMTPServer | undefined;
  afterEach(async () => {
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  });

  async function serve(answer?: Error): Promise<{ url: string; received: string[] }> {
    const received: string[] = [];
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, password }, _session, done) =>
        username === 'ada@x' && password === 's:ecret' ? done(null, { user: 'ada' }) : done(new Error('no')),
      onData(stream, _session, done) {
        let text = '';
        stream.on('data', (piece: Buffer) => {
          text += piece.toString();
        });
        stream.on('end', () => {
          received.push(text);
          done(answer);
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const { port } = server.server.address() as AddressInfo;
    return { url: `smtp://ada%40x:s%3Aecret@127.0.0.1:${port}`, received };
  }

  it('sends by SMTP, signed in, and does not show the password', async () => {
    const { url, received } = await serve();
    const mailer = createMailer({ smtpUrl: url, dataDir: '/nowhere' });
    expect(mailer.label).toBe('SMTP 127.0.0.1');
    await mailer.send(mail);
    expect(received).toHaveLength(1);
    expect(received[0]).toContain('Message-ID: <order-1@parley.localhost>');
    expect(received[0]).toMatch(/^To: .*<ada@parley.localhost>/m);
  });

  it('fails when the server does not take it', async () => {
    const { url } = await serve(new Error('mailbox full'));
    await expect(createMailer({ smtpUrl: url, dataDir: '/nowhere' }).send(mail)).rejects.toThrow(
      'mailbox full',
    );
  });

  it('fails when there is none', async () => {
    const mailer = createMailer({ smtpUrl: 'smtp://127.0.0.1:1', dataDir: '/nowhere' });
    await expect(mailer.send(mail)).rejects.toThrow('ECONNREFUSED');
  });
});
