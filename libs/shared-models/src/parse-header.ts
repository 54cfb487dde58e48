import type { z } from 'zod';
import { LIMITS } from './limits.ts';

/**
 * What a header of a queue message holds as JSON.
 * @throws RangeError when it is too long to be parsed (`LIMITS.headerLength`), SyntaxError or ZodError when it is malformed
 */
export function parseHeader<T>(schema: z.ZodType<T>, header: string): T {
  if (header.length > LIMITS.headerLength) throw new RangeError(`a header of ${header.length} characters`);
  return schema.parse(JSON.parse(header));
}
