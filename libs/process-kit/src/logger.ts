import pino from 'pino';
import pretty from 'pino-pretty';

export type Logger = pino.Logger;

/** Field names whose values never reach a log, at the top and one level down. */
const SECRET_FIELDS = [
  'token',
  'apiKey',
  'password',
  'secret',
  'authorization',
  'cookie',
  'joinToken',
  'authSecret',
  'amqpUrl',
  'databaseUrl',
];

/** A user and password inside a URL, as they stand in error messages of drivers. */
const CREDENTIALS_IN_URL = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*(?::[^\s/@]*)?@/gi;

export function redactUrls(text: string): string {
  return text.replace(CREDENTIALS_IN_URL, '$1***@');
}

/**
 * JSON lines, or readable ones on a terminal. Secrets by field name and passwords inside URLs are left out.
 * @param name of the process, in every line as `service`
 */
export function createLogger(name: string, level: pino.LevelWithSilent = 'info'): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '***' },
    hooks: {
      logMethod(args, method) {
        method.apply(
          this,
          args.map((arg) => (typeof arg === 'string' ? redactUrls(arg) : arg)) as typeof args,
        );
      },
    },
    serializers: { err: serializeError },
    formatters: { level: (label) => ({ level: label }) },
  };
  if (!process.stdout.isTTY) return pino(options);
  return pino(
    options,
    pretty({
      colorize: true,
      ignore: 'pid,hostname',
      messageFormat: '{service}: {msg}',
      hideObject: level === 'info',
    }),
  );
}

function serializeError(error: Error): object {
  const serialized = pino.stdSerializers.err(error);
  return {
    ...serialized,
    message: redactUrls(String(serialized.message)),
    stack: redactUrls(String(serialized.stack)),
  };
}
