interface Log {
  (fields: object, message: string): void;
  (message: string): void;
}

/** The control plane's logger port; pino's loggers fit. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}
