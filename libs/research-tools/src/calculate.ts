import type { calculate as calculateNow } from './calculator.ts';

/**
 * As `calculate` of calculator.ts, whose library is loaded with the first expression: it takes a second, which every
 * process that only might calculate would spend at its start.
 */
export async function calculate(...given: Parameters<typeof calculateNow>): Promise<number> {
  const calculator = await import('./calculator.ts');
  return calculator.calculate(...given);
}
