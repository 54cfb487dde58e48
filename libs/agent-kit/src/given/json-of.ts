import { types } from 'node:util';
import { JsonValue, LIMITS, ParleyError } from '@parley/shared-models';
import { describeValue } from './describe-value.ts';

/**
 * The value as JSON says it, without properties that are `undefined`.
 * @param what names the value in the error: `The memory "budget"`
 * @param maxBytes of its JSON in UTF-8. @default as many as fit
 * @throws ParleyError `agent_failed` that names the place inside the value, and the value there
 */
export function jsonOf(value: unknown, what: string, maxBytes = Number.POSITIVE_INFINITY): JsonValue {
  const json = convert(value, what, '', []);
  const checked = JsonValue.safeParse(json);
  if (!checked.success) throw refusal(`${what} is refused: ${checked.error.issues[0]?.message}.`);
  const bytes = maxBytes === Number.POSITIVE_INFINITY ? 0 : Buffer.byteLength(JSON.stringify(json));
  if (bytes > maxBytes) throw refusal(`${what} has ${bytes} bytes as JSON, at most ${maxBytes} are allowed.`);
  return json;
}

function convert(value: unknown, what: string, path: string, around: readonly unknown[]): JsonValue {
  const place = path === '' ? what : `${what}, at ${path},`;
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'object' || types.isProxy(value)) throw notJson(place, value);
  if (around.includes(value)) throw refusal(`${place} contains itself: JSON cannot say that.`);
  if (around.length >= LIMITS.jsonDepth) {
    throw refusal(`${place} is nested deeper than ${LIMITS.jsonDepth}.`);
  }
  const inside = [...around, value];
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown, index) => convert(item, what, `${path}[${index}]`, inside));
  }
  if (types.isDate(value)) throw refusal(`${place} is a Date: JSON has none; give its toISOString().`);
  if (!isPlainObject(value)) throw notJson(place, value);
  return Object.fromEntries(
    Object.keys(value).flatMap((key) => {
      const inner = propertyOf(value, key, place);
      return inner === undefined
        ? []
        : [[key, convert(inner, what, path === '' ? key : `${path}.${key}`, inside)]];
    }),
  );
}

function propertyOf(value: object, key: string, place: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch (cause) {
    throw refusal(`${place} has a property ${JSON.stringify(key)} that throws when it is read.`, cause);
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Also `Object.prototype` of another realm, such as that of a test runner.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function notJson(place: string, value: unknown): ParleyError {
  return refusal(`${place} is ${describeValue(value)}: JSON cannot say that.`);
}

function refusal(message: string, cause?: unknown): ParleyError {
  return new ParleyError('agent_failed', message, { cause });
}
