import { EventEmitter, on } from 'node:events';
import type { Logger } from '../src/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

export interface RecordingLogger extends Logger {
  readonly lines: LogLine[];
  /** Resolves with the next line whose message contains the text. */
  next(text: string): Promise<LogLine>;
}

/** A logger that keeps its lines. */
export function recordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const events = new EventEmitter();
  const write = (line: LogLine): void => {
    lines.push(line);
    events.emit('line', line);
  };
  const at =
    (level: LogLine['level']) =>
    (fields: object | string, message?: string): void => {
      if (typeof fields === 'string') write({ level, message: fields, fields: {} });
      else write({ level, message: message ?? '', fields });
    };
  const next = async (text: string): Promise<LogLine> => {
    for await (const [line] of on(events, 'line')) if (line.message.includes(text)) return line;
    throw new Error('the log has ended');
  };
  return { lines, next, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
