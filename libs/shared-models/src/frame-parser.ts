import type { z } from 'zod';
import { type ClientFrame, ClientFrames } from './client-frames.ts';
import type { ErrorReport } from './errors.ts';
import { type ServerFrame, ServerFrames } from './server-frames.ts';

export const SUBPROTOCOL = 'parley.v1';

/** `inReplyTo` helps the other side to find the frame that was wrong. */
export type ParsedFrame<T> =
  | { readonly ok: true; readonly frame: T }
  | { readonly ok: false; readonly error: ErrorReport; readonly inReplyTo?: string };

export const parseClientFrame = (text: string): ParsedFrame<ClientFrame> => parseFrame(text, clientFrames);
export const parseServerFrame = (text: string): ParsedFrame<ServerFrame> => parseFrame(text, serverFrames);

// A map, not the object itself: `type: "constructor"` must not find anything.
const clientFrames = new Map<string, z.ZodType<ClientFrame>>(Object.entries(ClientFrames));
const serverFrames = new Map<string, z.ZodType<ServerFrame>>(Object.entries(ServerFrames));

function parseFrame<T>(text: string, schemas: ReadonlyMap<string, z.ZodType<T>>): ParsedFrame<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return failure({ code: 'invalid_json', message: `not JSON: ${(error as Error).message}` });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failure({ code: 'invalid_json', message: 'a frame is one JSON object' });
  }
  const { type } = value as { type?: unknown };
  if (typeof type !== 'string') {
    return failure(
      { code: 'invalid_frame', message: 'type: a string is required', details: { path: 'type' } },
      value,
    );
  }
  const schema = schemas.get(type);
  if (schema === undefined) {
    return failure(
      {
        code: 'unknown_type',
        message: `there is no frame "${type.slice(0, 64)}"`,
        details: { path: 'type' },
      },
      value,
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, frame: result.data };
  return failure({ code: 'invalid_frame', ...describeIssue(result.error) }, value);
}

/** The first thing that is wrong, with its path, for an `ErrorReport`. */
export function describeIssue(error: z.ZodError): { message: string; details: { path: string } } {
  const issue = error.issues[0];
  // A key that the other side made up may be as long as the frame.
  const path = issue?.path.join('.').slice(0, 200) ?? '';
  const what = issue?.message.slice(0, 300) ?? 'invalid';
  return { message: path === '' ? what : `${path}: ${what}`, details: { path } };
}

function failure(error: ErrorReport, value?: object): { ok: false; error: ErrorReport; inReplyTo?: string } {
  const inReplyTo = value === undefined ? undefined : correlationOf(value as Record<string, unknown>);
  return inReplyTo === undefined ? { ok: false, error } : { ok: false, error, inReplyTo };
}

const CORRELATION_KEYS = ['id', 'messageId', 'taskId', 'conversationId', 'agentId'];
/** An id stands at the beginning of a frame, or its sender does without the answer to a refusal. */
const GUESSED_LENGTH = 1000;

/** The same of a frame that is not worth parsing: the first of its fields near the beginning that looks like one. */
export function guessCorrelation(text: string): string | undefined {
  const head = text.slice(0, GUESSED_LENGTH);
  for (const key of CORRELATION_KEYS) {
    const value = new RegExp(`"${key}" ?: ?"([^"\\\\]{1,128})"`).exec(head)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The id by which a client can recognise its own frame in an `error`. */
export function correlationOf(frame: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of CORRELATION_KEYS) {
    const value = frame[key];
    if (typeof value === 'string') return value.slice(0, 128);
  }
  return undefined;
}
