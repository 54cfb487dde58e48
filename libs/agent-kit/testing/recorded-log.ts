import { createLogger, type Logger } from '@parley/process-kit';

export interface RecordedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines, those of its children too. */
export function recordedLog(): { readonly logger: Logger; readonly lines: readonly RecordedLine[] } {
  const lines: RecordedLine[] = [];
  const at =
    (level: RecordedLine['level'], bound: object) =>
    (fields: object | string, message?: string): void => {
      const isText = typeof fields === 'string';
      lines.push({
        level,
        message: isText ? fields : (message ?? ''),
        fields: { ...bound, ...(isText ? {} : fields) },
      });
    };
  const loggerOf = (bound: object): Logger =>
    Object.assign(Object.create(createLogger('test', 'silent')) as Logger, {
      debug: at('debug', bound),
      info: at('info', bound),
      warn: at('warn', bound),
      error: at('error', bound),
      child: (more: object) => loggerOf({ ...bound, ...more }),
    });
  return { logger: loggerOf({}), lines };
}
