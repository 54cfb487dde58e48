/** For what goes wrong without a person needing to know: a developer finds it in the browser's console. */
export function reportProblem(what: string, error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the one place that writes to the console
  console.warn(`parley: ${what}`, error);
}

/** What a person is told when something could not be loaded or done: errors of the client are written for people. */
export const describeFailure = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
