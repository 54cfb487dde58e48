/** Reports a problem that does not concern the user in the browser's console, for developers. */
export function reportProblem(what: string, error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the one place that writes to the console
  console.warn(`parley: ${what}`, error);
}

/** The text that users see when a request failed: the client's errors are written for people. */
export const describeFailure = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
