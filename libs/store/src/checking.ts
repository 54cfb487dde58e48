/** A call within this time after a passed probe gets its answer, so that calls do not keep the disk busy. */
const VALID_MS = 1000;

/**
 * `Store.check` by a probe that really writes, and fails when the store is closed. One probe answers all calls made
 * while it is under way.
 */
export function checking(probe: () => Promise<void>, isOpen: () => boolean): () => Promise<void> {
  let passedAt = Number.NEGATIVE_INFINITY;
  let probing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    try {
      await probe();
      passedAt = performance.now();
    } finally {
      probing = undefined;
    }
  };
  return async () => {
    if (isOpen() && performance.now() - passedAt < VALID_MS) return;
    probing ??= run();
    await probing;
  };
}
