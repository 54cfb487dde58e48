import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@parley/process-kit';
import { SMTPServer } from 'smtp-server';
import { createMailer, type Mail, MailDelayedError, type Mailer } from './mailer.ts';
import { sendPatiently } from './send-patiently.ts';

const mail: Mail = {
  messageId: '<order-1@parley.localhost>',
  to: { name: 'Ädä', address: 'ada@parley.localhost' },
  isAddressKnown: true,
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
      await mailer.send({
        ...mail,
        messageId: '<../../evil@x>',
        subject: 'a\r\nBcc: v@example.com\r\n\r\nb',
      });
      const files = await readdir(path.join(dataDir, 'outbox'));
      const [evil = '', ...others] = files.sort();
      expect(evil).toMatch(/^\.\._\.\._evil_x-[0-9a-f]{8}\.eml$/);
      expect(others).toEqual(['order-1_parley.localhost.eml']);
      expect(await readFile(path.join(dataDir, 'outbox', evil), 'utf8')).not.toMatch(/^Bcc:/m);
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

  /** A mail server that gives these answers one after another; with none left it takes the mail. */
  async function serve({
    port = 0,
    answers = [],
  }: {
    port?: number;
    answers?: Error[];
  } = {}): Promise<{ url: string; port: number; received: string[] }> {
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
          done(answers.shift());
        });
      },
    });
    server.listen(port, '127.0.0.1');
    await once(server.server, 'listening');
    const address = server.server.address() as AddressInfo;
    return { url: `smtp://ada%40x:s%3Aecret@127.0.0.1:${address.port}`, port: address.port, received };
  }
  const answer = (message: string, responseCode: number): Error =>
    Object.assign(new Error(message), { responseCode });
  /** A signal that is never given, and pauses that a test can wait for. */
  const patience = {
    signal: new AbortController().signal,
    logger: createLogger('test', 'silent'),
    firstPauseMs: 5,
  };

  it('sends by SMTP, signed in, and does not show the password', async () => {
    const { url, received } = await serve();
    const mailer = createMailer({ smtpUrl: url, dataDir: '/nowhere' });
    expect(mailer.label).toBe('SMTP 127.0.0.1');
    expect(await mailer.send(mail)).toBe('sent');
    expect(received).toHaveLength(1);
    expect(received[0]).toMatch(/^From: .*<orders@parley.localhost>/m);
    expect(received[0]).toContain('Message-ID: <order-1@parley.localhost>');
    expect(received[0]).toMatch(/^To: .*<ada@parley.localhost>/m);
  });

  it('sends from the address that was set', async () => {
    const { url, received } = await serve();
    const mailer = createMailer({ smtpUrl: url, smtpFrom: 'shop@example.com', dataDir: '/nowhere' });
    await mailer.send(mail);
    expect(received[0]).toMatch(/^From: .*<shop@example.com>/m);
  });

  it('gives it no mail to an address that was made up, and writes a file', async () => {
    const { url, received } = await serve();
    const dataDir = await mkdtemp(path.join(tmpdir(), 'parley-mail-'));
    try {
      const mailer = createMailer({ smtpUrl: url, dataDir });
      expect(await mailer.send({ ...mail, isAddressKnown: false })).toBe('kept');
      expect(received).toEqual([]);
      expect(await readdir(path.join(dataDir, 'outbox'))).toEqual(['order-1_parley.localhost.eml']);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it('fails at once when the server refuses it for good', async () => {
    const { url, received } = await serve({ answers: [answer('no such mailbox', 550)] });
    const mailer = createMailer({ smtpUrl: url, dataDir: '/nowhere' });
    const sent = sendPatiently(mail, mailer, patience);
    await expect(sent).rejects.toThrow('no such mailbox');
    await expect(sent).rejects.not.toThrow(MailDelayedError);
    expect(received).toHaveLength(1);
  });

  it('tries again when the server wants it later', async () => {
    const { url, received } = await serve({ answers: [answer('busy', 451), answer('mailbox full', 452)] });
    const mailer = createMailer({ smtpUrl: url, dataDir: '/nowhere' });
    expect(await sendPatiently(mail, mailer, patience)).toBe('sent');
    expect(received).toHaveLength(3);
  });

  it('waits for a server that is away', async () => {
    const { port, url } = await serve();
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    const mailer = createMailer({ smtpUrl: url, dataDir: '/nowhere' });
    await expect(mailer.send(mail)).rejects.toThrow(MailDelayedError);
    const refused = Promise.withResolvers<void>();
    const watched: Mailer = {
      ...mailer,
      send: (each) =>
        mailer.send(each).catch((error: unknown) => {
          refused.resolve();
          throw error;
        }),
    };
    const sent = sendPatiently(mail, watched, patience);
    await refused.promise;
    const { received } = await serve({ port });
    expect(await sent).toBe('sent');
    expect(received).toHaveLength(1);
  });

  it('gives up in the end, and at once when it is told to', async () => {
    const mailer = createMailer({ smtpUrl: 'smtp://127.0.0.1:1', dataDir: '/nowhere' });
    await expect(sendPatiently(mail, mailer, { ...patience, patienceMs: 20 })).rejects.toThrow(
      'ECONNREFUSED',
    );
    const stop = new AbortController();
    const sent = sendPatiently(mail, mailer, { ...patience, firstPauseMs: 60_000, signal: stop.signal });
    stop.abort();
    await expect(sent).rejects.toThrow('aborted');
  });
});
