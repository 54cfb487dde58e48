import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** Anything that JSON can say, not nested deeper than `LIMITS.jsonDepth`. */
export const JsonValue = z
  .unknown()
  // Before the schema, which walks down by recursion: 100,000 brackets would run it out of stack.
  .refine(isShallow, { error: `nested deeper than ${LIMITS.jsonDepth}`, abort: true })
  .pipe(z.json());
export type JsonValue = z.infer<typeof JsonValue>;

function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth < LIMITS.jsonDepth; depth++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return true;
  }
  return false;
}
