import { type Envelope, Reject } from '@parley/messaging';

export function stringHeader(envelope: Envelope, name: string): string | undefined {
  const value = envelope.headers[name];
  return value === undefined ? undefined : String(value);
}

export function integerHeader(envelope: Envelope, name: string): number {
  const value = Number(envelope.headers[name] ?? 0);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Reject('malformed_message', `the header "${name}" is no whole number`);
  }
  return value;
}
