/** What a person is told when something could not be loaded or done: errors of the client are written for people. */
export const describeFailure = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
