import { inspect, types } from 'node:util';

const SHOWN_LENGTH = 80;

/**
 * Describes a value of an author's code, for a sentence: `the number 42`, `a Buffer of 5 bytes`. Never throws, runs no
 * code of the value.
 */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'string') return `the text ${shown(value)}`;
  if (typeof value === 'bigint') return `the BigInt ${shown(value)}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object') return `the ${typeof value} ${shown(value)}`;
  // Each of its traps may throw.
  if (types.isProxy(value)) return 'a Proxy';
  if (types.isPromise(value)) return 'a promise that was not awaited';
  if (types.isUint8Array(value))
    return `${Buffer.isBuffer(value) ? 'a Buffer' : 'a Uint8Array'} of ${value.byteLength} bytes`;
  if (types.isNativeError(value)) return 'an Error';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return `the object ${shown(value)}`;
}

function shown(value: unknown): string {
  try {
    const text = inspect(value, { depth: 1, customInspect: false, breakLength: Number.POSITIVE_INFINITY });
    return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH).toWellFormed()}…`;
  } catch {
    return '(it cannot be shown)';
  }
}
