import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';

export interface Mail {
  /** The same mail has the same one: mail programs show it once. */
  readonly messageId: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
}

/** Sends mails, or puts them where a person finds them. */
export interface Mailer {
  /** For people: `SMTP mail.example.com`, or the folder. Without passwords. */
  readonly label: string;
  send(mail: Mail): Promise<void>;
}

const FROM = { name: 'Parley orders', address: 'orders@parley.localhost' };
/** For the whole of a connection's phases, in milliseconds. */
const SMTP_TIMEOUT_MS = 20_000;

export interface MailerOptions {
  /** `smtp://user:password@host:port`; unset: files. */
  readonly smtpUrl?: string | undefined;
  /** Mails lie in `outbox/` below it. */
  readonly dataDir: string;
}

/** By SMTP where there is a server, otherwise as `.eml` files, which any mail program opens. */
export function createMailer({ smtpUrl, dataDir }: MailerOptions): Mailer {
  return smtpUrl === undefined ? fileMailer(path.join(dataDir, 'outbox')) : smtpMailer(smtpUrl);
}

/** Where nobody said how mails are sent. */
export const noMailer: Mailer = {
  label: 'no mail',
  send: () => Promise.reject(new Error('nobody said how mails are sent')),
};

function smtpMailer(smtpUrl: string): Mailer {
  const { hostname, port, protocol, username, password } = new URL(smtpUrl);
  const isSecure = protocol === 'smtps:';
  const transport = createTransport({
    host: hostname,
    port: port === '' ? (isSecure ? 465 : 587) : Number(port),
    secure: isSecure,
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: SMTP_TIMEOUT_MS,
    greetingTimeout: SMTP_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
  });
  return {
    label: `SMTP ${hostname}`,
    async send(mail) {
      await transport.sendMail({ from: FROM, ...mail });
    },
  };
}

function fileMailer(folder: string): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    label: folder,
    async send(mail) {
      const { message } = await transport.sendMail({ from: FROM, ...mail });
      await mkdir(folder, { recursive: true });
      // The same mail is the same file; whoever reads the folder never sees half of one.
      const file = path.join(folder, `${mail.messageId.replace(/[^\w.-]+/g, '_').replace(/^_|_$/g, '')}.eml`);
      const partial = `${file}.${randomUUID()}.part`;
      await writeFile(partial, message as Buffer);
      await rename(partial, file);
    },
  };
}
