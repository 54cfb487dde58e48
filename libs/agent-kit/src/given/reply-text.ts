import { types } from 'node:util';
import { METADATA_BYTES } from '@parley/control-plane';
import { type JsonValue, LIMITS, ParleyError, type ReplyMarks } from '@parley/shared-models';
import { describeValue } from './describe-value.ts';
import { jsonOf } from './json-of.ts';

const LIMIT = LIMITS.textLength.toLocaleString('en');
const NOTE = `*Cut off here: a message holds at most ${LIMIT} characters.*`;

/** The text as a message can hold it; one that is too long keeps its beginning, and says so in its last paragraph. */
export function fitting(text: string): { readonly text: string; readonly marks?: CutOffMarks } {
  if (text.length <= LIMITS.textLength) return { text };
  const end = `\n\n${NOTE}`;
  const marks = { isCutOff: true, limit: `${LIMIT} characters for one message`, note: NOTE } as const;
  return { text: `${beginning(text, LIMITS.textLength - end.length)}${end}`, marks };
}

export type CutOffMarks = Required<Pick<ReplyMarks, 'isCutOff' | 'limit' | 'note'>>;

/** The first so many UTF-16 code units, without half a pair at the end. */
export function beginning(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** A reply's text. @throws ParleyError `agent_failed` that describes the value given instead */
export function textOf(text: unknown, where: string): string {
  if (typeof text === 'string') return text;
  const hint = types.isUint8Array(text) ? ' Decode bytes first, or give them to stream().' : '';
  throw new ParleyError('agent_failed', `${where} was given ${describeValue(text)}; it takes a text.${hint}`);
}

/** @throws ParleyError `agent_failed` that names the field */
export function metadataOf(metadata: unknown): Record<string, JsonValue> | undefined {
  if (metadata === undefined) return undefined;
  const what = "The reply's metadata";
  const json = jsonOf(metadata, what, METADATA_BYTES);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ParleyError('agent_failed', `${what} is ${describeValue(metadata)}; it must be an object.`);
  }
  const long = Object.keys(json).find((key) => key.length > 64);
  if (long === undefined) return json;
  throw new ParleyError(
    'agent_failed',
    `${what} has a key of ${long.length} characters, at most 64 are allowed.`,
  );
}
