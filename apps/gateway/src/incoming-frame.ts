import { LIMITS, MessageText } from '@parley/shared-models';
import { z } from 'zod';

/** A frame of an external server, as the gateway reads it. */
export type IncomingFrame =
  | {
      readonly kind: 'message';
      readonly format: 'json' | 'text';
      readonly text: string;
      /** Undefined where the frame does not name its writer. */
      readonly user: { readonly id: string; readonly name: string } | undefined;
      /** The idempotency key, where the external server gives one. */
      readonly id: string | undefined;
    }
  /** An application's own ping, `{"type":"ping"}`. */
  | { readonly kind: 'ping' }
  /** An agent wrote it, perhaps one of ours: to answer it could begin an endless talk. */
  | { readonly kind: 'of-an-agent' }
  /** Something else than a message of a person; not answered. */
  | { readonly kind: 'ignored'; readonly why: string };

/** Written into every frame that the gateway sends: a frame that comes back with it is not answered. */
export const MARKER = 'parley';

/** Types of frames that carry a text and yet are no message of a person. */
const NO_MESSAGES: ReadonlySet<string> = new Set([
  'ack',
  'connected',
  'error',
  'heartbeat',
  'join',
  'leave',
  'pong',
  'presence',
  'status',
  'system',
  'typing',
  'welcome',
]);

const Text = z.string().nullish();
const Key = z
  .union([z.string(), z.number()])
  .transform((value) => String(value).trim())
  .pipe(z.string().min(1).max(128));
const Person = z.union([Key, z.looseObject({ id: Key, name: Key.nullish() })]).nullish();

/** Fields by their usual names; of several the first one that is there counts. All others are ignored. */
const Json = z.looseObject({
  type: z.string().nullish().catch(undefined),
  message: Text.catch(undefined),
  text: Text.catch(undefined),
  content: Text.catch(undefined),
  user_id: Person,
  userId: Person,
  sender: Person,
  user: Person,
  from: Person,
  user_name: Key.nullish().catch(undefined),
  userName: Key.nullish().catch(undefined),
  id: Key.nullish(),
  message_id: Key.nullish(),
  messageId: Key.nullish(),
  source: z.unknown().optional(),
  agent: z.unknown().optional(),
  role: z.unknown().optional(),
});

/** Reads a text frame. A JSON object is read by its fields; anything else is plain text. */
export function parseIncoming(frame: string): IncomingFrame {
  if (!frame.trimStart().startsWith('{')) return asMessage('text', frame, undefined, undefined);
  if (frame.length > LIMITS.frameBytes) return { kind: 'ignored', why: 'it is too long' };
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return { kind: 'ignored', why: 'it begins as a JSON object and is not valid JSON' };
  }
  const parsed = Json.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      kind: 'ignored',
      why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`.slice(0, 200),
    };
  }
  const json = parsed.data;
  if (isOfAnAgent(json)) return { kind: 'of-an-agent' };
  if (json.type === 'ping') return { kind: 'ping' };
  if (typeof json.type === 'string' && NO_MESSAGES.has(json.type)) {
    return { kind: 'ignored', why: `its type is "${json.type}"` };
  }
  const text = [json.message, json.text, json.content].find((given) => typeof given === 'string') ?? '';
  const id = json.id ?? json.message_id ?? json.messageId ?? undefined;
  return asMessage('json', text, userOf(json), id);
}

function isOfAnAgent({ source, agent, role }: z.infer<typeof Json>): boolean {
  return source === MARKER || (typeof agent === 'string' && agent !== '') || role === 'assistant';
}

function userOf(json: z.infer<typeof Json>): { id: string; name: string } | undefined {
  const person = json.user_id ?? json.userId ?? json.sender ?? json.user ?? json.from;
  if (person === undefined || person === null) return undefined;
  const { id, name } = typeof person === 'string' ? { id: person, name: undefined } : person;
  return { id, name: name ?? json.user_name ?? json.userName ?? id };
}

function asMessage(
  format: 'json' | 'text',
  given: string,
  user: { id: string; name: string } | undefined,
  id: string | undefined,
): IncomingFrame {
  const text = given.replaceAll('\u0000', '');
  if (text.trim() === '') return { kind: 'ignored', why: 'it has no text' };
  if (!MessageText.safeParse(text).success) return { kind: 'ignored', why: 'its text is too long' };
  return { kind: 'message', format, text, user, id };
}
