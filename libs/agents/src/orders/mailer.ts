import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shortHash } from '@parley/shared-models';
import { createTransport } from 'nodemailer';

export interface Mail {
  /** The same mail has the same one: mail programs show it once. */
  readonly messageId: string;
  readonly to: { readonly name: string; readonly address: string };
  /** Whether the address is the person's; one that was made up is not given to a mail server. */
  readonly isAddressKnown: boolean;
  readonly subject: string;
  readonly text: string;
}

/** Sends mails, or puts them where a person finds them. */
export interface Mailer {
  /** For people: `SMTP mail.example.com`, or the folder. Without passwords. */
  readonly label: string;
  /**
   * `sent`: it is on its way, or lies where all mails do. `kept`: it lies in the outbox folder only, for want of an address.
   * @throws MailDelayedError when it can be tried again; anything else is for good
   */
  send(mail: Mail): Promise<'sent' | 'kept'>;
}

/** The mail server is away, or wants the mail later. */
export class MailDelayedError extends Error {
  override readonly name = 'MailDelayedError';
}

/** Nodemailer's codes for failures before a server has answered. */
const CONNECTION_ERRORS = ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS'];
/** For the whole of a connection's phases, in milliseconds. */
const SMTP_TIMEOUT_MS = 20_000;

export interface MailerOptions {
  /** `smtp://user:password@host:port`; unset: files. */
  readonly smtpUrl?: string | undefined;
  /** Address of the sender. @default orders@parley.localhost */
  readonly smtpFrom?: string | undefined;
  /** Mails lie in `outbox/` below it. */
  readonly dataDir: string;
}

/** By SMTP where there is a server, otherwise as `.eml` files, which any mail program opens. */
export function createMailer({ smtpUrl, smtpFrom, dataDir }: MailerOptions): Mailer {
  const from: From = { name: 'Parley orders', address: smtpFrom ?? 'orders@parley.localhost' };
  const files = fileMailer(path.join(dataDir, 'outbox'), from);
  return smtpUrl === undefined ? files : smtpMailer(smtpUrl, from, files);
}

interface From {
  readonly name: string;
  readonly address: string;
}

function smtpMailer(smtpUrl: string, from: From, files: Mailer): Mailer {
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
    async send({ isAddressKnown, ...mail }) {
      if (!isAddressKnown) {
        await files.send({ isAddressKnown, ...mail });
        return 'kept';
      }
      try {
        await transport.sendMail({ from, ...mail });
      } catch (error) {
        throw isTemporary(error)
          ? new MailDelayedError(error instanceof Error ? error.message : String(error), { cause: error })
          : error;
      }
      return 'sent';
    },
  };
}

function isTemporary(error: unknown): boolean {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  if (typeof responseCode === 'number') return responseCode >= 400 && responseCode < 500;
  return CONNECTION_ERRORS.includes(String(code));
}

function fileMailer(folder: string, from: From): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    label: folder,
    async send({ isAddressKnown: _, ...mail }) {
      const { message } = await transport.sendMail({ from, ...mail });
      await mkdir(folder, { recursive: true });
      // The same mail is the same file; a reader of the folder never sees half of one.
      const file = path.join(folder, `${fileNameOf(mail.messageId)}.eml`);
      const partial = `${file}.${randomUUID()}.part`;
      await writeFile(partial, message as Buffer);
      await rename(partial, file);
      return 'sent';
    },
  };
}

/** The id without characters that a file name cannot hold; where those are more than its brackets and the @, a hash keeps two apart. */
function fileNameOf(messageId: string): string {
  const id = messageId.replace(/^<|>$/g, '');
  const name = id.replace(/[^\w.-]+/g, '_');
  return name === id.replace('@', '_') ? name : `${name}-${shortHash(id)}`;
}
