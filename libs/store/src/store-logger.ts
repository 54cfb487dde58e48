/** The store's reports to operators go here. A pino logger fits. */
export interface StoreLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = (): void => undefined;

/** Drops all reports. */
export const silentLogger: StoreLogger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
