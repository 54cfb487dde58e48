import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from '@parley/process-kit';
import { type AuditHead, signedText } from '@parley/shared-models';
import type { AuditStore } from '@parley/store';
import { fileSink, type HeadSink, httpSink, syslogSink } from './head-sinks.ts';

export interface HeadSettings {
  readonly AUDIT_HEAD_FILE?: string | undefined;
  readonly AUDIT_HEAD_SYSLOG?: string | undefined;
  readonly AUDIT_HEAD_URL?: string | undefined;
  readonly AUDIT_HEAD_KEY_FILE?: string | undefined;
  readonly AUDIT_HEAD_INTERVAL_MS: number;
}

/** Ships the head of the audit whenever it has moved, now, then at each interval, and once more at the end. */
export interface HeadShipping {
  /** Ships the last head, where it can, and ends. */
  stop(): Promise<void>;
}

/** @throws Error when the key cannot be read or is no Ed25519 key */
export function startHeadShipping(
  settings: HeadSettings,
  { audit, logger }: { audit: Pick<AuditStore, 'head'>; logger: Logger },
): HeadShipping {
  const sinks = sinksOf(settings).map((sink) => ({ ...sink, shippedHash: '', isFailing: false }));
  if (sinks.length === 0) return { stop: async () => {} };
  const key = keyOf(settings.AUDIT_HEAD_KEY_FILE);

  const ship = async (): Promise<void> => {
    const head = signedHead(await audit.head(), key);
    await Promise.all(
      sinks.map(async (sink) => {
        if (head.seq === 0 || sink.shippedHash === head.hash) return;
        try {
          await sink.ship(head);
          sink.shippedHash = head.hash;
          if (sink.isFailing) logger.info({ to: sink.label }, "the audit's head is shipped again");
          sink.isFailing = false;
        } catch (err) {
          if (!sink.isFailing) logger.warn({ err, to: sink.label }, "the audit's head could not be shipped");
          sink.isFailing = true;
        }
      }),
    );
  };
  const shipOrWarn = (): Promise<void> =>
    ship().catch((err: unknown) => logger.warn({ err }, "the audit's head could not be read"));

  let underWay: Promise<void> | undefined;
  const shipNow = (): void => {
    underWay ??= shipOrWarn().finally(() => {
      underWay = undefined;
    });
  };
  shipNow();
  const timer = setInterval(shipNow, settings.AUDIT_HEAD_INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      await underWay;
      await shipOrWarn();
    },
  };
}

function sinksOf({ AUDIT_HEAD_FILE, AUDIT_HEAD_SYSLOG, AUDIT_HEAD_URL }: HeadSettings): HeadSink[] {
  return [
    ...(AUDIT_HEAD_FILE === undefined ? [] : [fileSink(AUDIT_HEAD_FILE)]),
    ...(AUDIT_HEAD_SYSLOG === undefined ? [] : [syslogSink(AUDIT_HEAD_SYSLOG)]),
    ...(AUDIT_HEAD_URL === undefined ? [] : [httpSink(AUDIT_HEAD_URL)]),
  ];
}

function keyOf(file: string | undefined): KeyObject | undefined {
  if (file === undefined) return undefined;
  const key = createPrivateKey(readFileSync(file));
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`AUDIT_HEAD_KEY_FILE ${file}: an Ed25519 key is needed, not ${key.asymmetricKeyType}`);
  return key;
}

function signedHead({ seq, hash }: { seq: number; hash: string }, key: KeyObject | undefined): AuditHead {
  const head: AuditHead = { type: 'parley.audit-head', seq, hash, at: new Date().toISOString() };
  if (key === undefined) return head;
  return { ...head, signature: sign(null, Buffer.from(signedText(head)), key).toString('base64') };
}
