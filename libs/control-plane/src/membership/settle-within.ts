import type { Logger } from '../logger.ts';

/** Waits for work that is not worth failing for, at most `timeoutMs`; a failure is logged, not thrown. */
export async function settleWithin(
  timeoutMs: number,
  logger: Logger,
  failure: string,
  work: () => Promise<void>,
): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    logger.warn({ timeoutMs }, `${failure}: out of time`);
    late.resolve();
  }, timeoutMs);
  const outcome = work().catch((err: unknown) => logger.warn({ err }, failure));
  await Promise.race([outcome, late.promise]);
  clearTimeout(timer);
}
