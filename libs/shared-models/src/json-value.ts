import { z } from 'zod';
import { LIMITS } from './limits.ts';

type Json = z.core.util.JSONType;

/**
 * Anything that JSON can say: at most `LIMITS.jsonValues` values, not nested deeper than `LIMITS.jsonDepth`. Kept as it is,
 * not copied.
 */
export const JsonValue = z.custom<Json>().superRefine((value, context) => {
  const flaw = flawOf(value);
  if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
});
export type JsonValue = Json;

/**
 * The first flaw of the value; undefined: it is sound. Level by level, since recursion would run out of stack over 100,000 brackets,
 * and by hand, since zod's own schema for JSON needs half a second for an array of 100,000 numbers.
 */
function flawOf(root: unknown): string | undefined {
  let level: unknown[] = [root];
  let count = 1;
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) {
        if (!isScalar(value)) return 'no JSON value';
        continue;
      }
      if (depth >= LIMITS.jsonDepth) return `nested deeper than ${LIMITS.jsonDepth}`;
      if (!Array.isArray(value) && !isPlain(value)) return 'no JSON value';
      // Set on another object, this key would replace that object's prototype.
      if (Object.hasOwn(value, '__proto__')) return 'the key "__proto__" is not allowed';
      const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
      count += items.length;
      if (count > LIMITS.jsonValues) return `more than ${LIMITS.jsonValues} values`;
      for (const item of items) next.push(item);
    }
    level = next;
  }
  return undefined;
}

function isScalar(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

/** No class's: its prototype has none itself. An `Object` of another realm counts too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
