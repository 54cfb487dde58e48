/** For what goes wrong without a person needing to know: a developer finds it in the browser's console. */
export function reportProblem(what: string, error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the one place that writes to the console
  console.warn(`parley: ${what}`, error);
}
