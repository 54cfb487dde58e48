/**
 * Runs tasks side by side until the first one ends, stops the others by their signal and waits for them.
 * @throws the error of the first one
 */
export async function untilFirstEnds(
  outer: AbortSignal,
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const inner = new AbortController();
  const signal = AbortSignal.any([outer, inner.signal]);
  let first: { error: unknown } | 'ended' | undefined;
  const run = async (task: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    try {
      await task(signal);
      first ??= 'ended';
    } catch (error) {
      // The other errors only tell how the others were stopped.
      first ??= { error };
    } finally {
      inner.abort();
    }
  };
  await Promise.all(tasks.map(run));
  if (first !== undefined && first !== 'ended') throw first.error;
}
