import pino from 'pino';
import pretty from 'pino-pretty';
import { escapeActing, escapeActingInJson } from './acting-characters.ts';
import { redactUrls } from './redact-urls.ts';

export type Logger = pino.Logger;

/** A field that holds a secret, by its name's end, at any depth of a line: `joinToken`, `LLM_API_KEY`, `x-api-key`. */
const SECRET_FIELD =
  /"([^"\\]{0,64}(?:api[-_]?key|token|secret|password|authorization|cookie))":(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi;

/**
 * JSON lines, or readable ones on a terminal. Secrets by field name and passwords inside URLs are left out, wherever
 * in the line they stand.
 * @param name of the process, in every line as `service`
 * @param isReadable for people rather than for machines
 */
export function createLogger(
  name: string,
  level: pino.LevelWithSilent = 'info',
  isReadable: boolean = process.stdout.isTTY,
): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    // On the finished line: errors, their causes and their own fields have found their way into it by then.
    hooks: {
      streamWrite(line) {
        const shown = redactUrls(line.replace(SECRET_FIELD, '"$1":"***"'));
        // Anybody may have written the text of a line: it must not control the terminal that shows it.
        return isReadable ? escapeActingInJson(shown) : escapeActing(shown);
      },
    },
    formatters: { level: (label) => ({ level: label }) },
  };
  if (!isReadable) return pino(options);
  return pino(
    options,
    pretty({
      colorize: process.stdout.isTTY,
      messageFormat: '{service}: {msg}',
      // Other fields are left out for brevity; a line about an error needs the error.
      ...(level === 'info' ? { include: 'level,time,err' } : { ignore: 'service' }),
      // The last lines before an exit are the ones that matter.
      sync: true,
    }),
  );
}
