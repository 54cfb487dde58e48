import { types } from 'node:util';
import { Reject } from '@parley/messaging';
import { ErrorCode, ParleyError } from '@parley/shared-models';
import { describeValue } from './describe-value.ts';

/**
 * Turns a thrown value of an author's code into an error that can be logged, sent and asked for its message. Code can
 * throw anything: `null`, a text, an object without a prototype, a getter that throws itself. Never throws.
 */
export function errorOf(thrown: unknown): Error {
  if (attempt(() => isSound(thrown))) return worded(thrown as Error);
  return new Error(attempt(() => messageOf(thrown)) ?? `it threw ${describeValue(thrown)}`);
}

/** An error whose message says nothing as one that does: Node's own for a refused connection is empty, and has its reasons inside. */
function worded(error: Error): Error {
  if (error instanceof ParleyError || error instanceof Reject) return error;
  const reasons = attempt(() => reasonsIn(error)) ?? [];
  if (error.message !== '' && reasons.length === 0) return error;
  const parts = [...(error.message === '' ? [] : [error.message]), ...reasons];
  const message = parts.length === 0 ? `it threw ${error.name} without a message` : parts.join('; ');
  return new Error(message, { cause: error });
}

/** The first of the errors that an `AggregateError` stands for. */
function reasonsIn(error: Error): string[] {
  const errors: unknown = error.name === 'AggregateError' ? Reflect.get(error, 'errors') : undefined;
  return Array.isArray(errors) ? errors.slice(0, 3).flatMap((inner) => messageOf(inner) ?? []) : [];
}

/** Undefined where a getter throws on the way. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** An error of which each part that is read later can be read. */
function isSound(thrown: unknown): boolean {
  if (types.isProxy(thrown) || !(types.isNativeError(thrown) || thrown instanceof Error)) return false;
  // The log reads all of them.
  for (const key of Object.keys(thrown)) Reflect.get(thrown, key);
  const { message, stack, name } = thrown;
  if (typeof message !== 'string' || typeof name !== 'string') return false;
  if (stack !== undefined && typeof stack !== 'string') return false;
  if (thrown instanceof Reject) return true;
  // From JavaScript it can carry any code: one that the protocol does not know would reach nobody.
  return !(thrown instanceof ParleyError) || ErrorCode.safeParse(thrown.code).success;
}

function messageOf(thrown: unknown): string | undefined {
  if (typeof thrown === 'string') return thrown === '' ? undefined : thrown;
  if (typeof thrown !== 'object' || thrown === null || types.isProxy(thrown)) return undefined;
  const message: unknown = Reflect.get(thrown, 'message');
  return typeof message === 'string' && message !== '' ? message : undefined;
}
