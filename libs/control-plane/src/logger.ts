interface Log {
  (fields: object, message: string): void;
  (message: string): void;
}

/** What the control plane needs of a logger; pino's fits. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}
