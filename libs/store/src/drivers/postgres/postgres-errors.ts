import { ParleyError } from '@parley/shared-models';
import { unavailable } from '../../unavailable.ts';

interface DatabaseError {
  /** SQLSTATE: five characters, the first two are its class. */
  readonly code: string;
  readonly severity: string;
}

/** Beginnings of SQLSTATEs that tell of the server, not of the statement. */
const REASONS: readonly (readonly [string, string])[] = [
  ['08', 'the connection to PostgreSQL was lost'],
  ['25006', 'PostgreSQL takes no writes'],
  ['25P03', 'PostgreSQL ended a transaction that took too long'],
  ['28', 'PostgreSQL refuses the user'],
  ['3D', 'there is no such database'],
  ['40', 'PostgreSQL gave up a transaction that met another one'],
  ['53100', "PostgreSQL's disk is full"],
  ['53', 'PostgreSQL is out of resources'],
  ['55P03', 'another transaction holds a lock that it needs'],
  ['57014', 'PostgreSQL took too long'],
  ['57P', 'PostgreSQL is shutting down or starting up'],
  ['58', 'PostgreSQL reports an error of its disk'],
  ['XX', 'PostgreSQL reports an internal error'],
];
/** Of these, those that pass by themselves within seconds. */
const PASSING = ['08', '40', '57P'];
/** Of these, those that only another setting helps against. */
const LASTING = ['28', '3D'];

/** Whether PostgreSQL itself answered with this error. */
function isAnswer(error: unknown): error is DatabaseError {
  return typeof error === 'object' && error !== null && 'severity' in error && 'code' in error;
}

const beginsWithOneOf = (code: string, beginnings: readonly string[]): boolean =>
  beginnings.some((beginning) => code.startsWith(beginning));

/**
 * An error of the driver, as the port promises it: trouble outside the statement as `store_unavailable`. An error
 * that is no answer of PostgreSQL comes from the connection to it.
 */
export function portError(error: unknown): unknown {
  if (error instanceof ParleyError) return error;
  if (!isAnswer(error)) return unavailable('PostgreSQL cannot be reached', error);
  const reason = REASONS.find(([beginning]) => error.code.startsWith(beginning))?.[1];
  return reason === undefined ? error : unavailable(reason, error);
}

export function isOutsideTrouble(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'store_unavailable';
}

/** Of an error from `portError`: whether the same may succeed within seconds. */
export function isPassing(error: unknown): boolean {
  if (!isOutsideTrouble(error)) return false;
  const { cause } = error as ParleyError;
  return isAnswer(cause) ? beginsWithOneOf(cause.code, PASSING) : cause !== undefined;
}

/** Of an error from `portError`: whether waiting does not help. */
export function isLasting(error: unknown): boolean {
  if (!isOutsideTrouble(error)) return true;
  const { cause } = error as ParleyError;
  return isAnswer(cause) && beginsWithOneOf(cause.code, LASTING);
}

/** Of an error from `portError`: whether another transaction has added a row with the same key in the meantime. */
export const isTaken = (error: unknown): boolean => isAnswer(error) && error.code === '23505';
