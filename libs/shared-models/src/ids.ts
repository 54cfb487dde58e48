import { z } from 'zod';
import { nameText } from './visible-text.ts';

/**
 * Any UUID (RFC 9562) of any version: clients in other languages make version 4. Those that Parley makes are of
 * version 7, which sort by creation time. Read in either case and written in lower case, so that an id has one spelling
 * wherever it is compared: in the store, in a map, in the id that is derived from it.
 */
export const Id = z.guid('must be a UUID').toLowerCase();

/** Characters an agent id may have: it becomes part of a queue's name. */
const AGENT_ID = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** 1 to 64 characters, lower case letters, digits, `.`, `_`, `-`; starts and ends with a letter or digit. */
export const AgentId = z.string().regex(AGENT_ID, 'an agent id has 1 to 64 of a-z, 0-9, ".", "_", "-"');

/** 1 to 64 characters, as a person would write it, each of them visible. */
export const AgentName = nameText(64);

const SLUG_LENGTH = 48;

/** Names of which a slug loses nothing but case and the kind of blank: plain words between blanks, `-` or `_`. */
const PLAIN_NAME = /^[a-z0-9]+(?:[\s_-]+[a-z0-9]+)*$/;

/**
 * Turns a name that a person wrote into an agent id or group name: `Help Desk` becomes `help-desk`. Where anything else is
 * lost on the way, be it a sign, an accent or a letter of another script, a hash of the name is added: `C++` and `C#`,
 * `Müller` and `Muller`, `日本語` and `中文` stay apart.
 */
export function slugOf(name: string): string {
  const written = name.normalize('NFKC').toLowerCase().trim();
  const slug = asciiWords(name);
  if (PLAIN_NAME.test(written) && slug.length <= SLUG_LENGTH) return slug;
  return `${trimDashes(slug.slice(0, SLUG_LENGTH - 9)) || 'agent'}-${shortHash(written)}`;
}

/** The ASCII letters and digits of a name: `Bob's Büro` becomes `bob-s-buro`. Different names may come out alike, or empty. */
export function asciiWords(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return trimDashes(plain.replace(/[^a-z0-9]+/g, '-'));
}

/** 8 hexadecimal digits that tell texts apart; not meant to withstand an attacker. */
export function shortHash(text: string): string {
  return [...fnv1a128(text).subarray(12)].map((byte) => HEX[byte]).join('');
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, '');
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function format(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
    text += HEX[bytes[index] ?? 0];
  }
  return text;
}

let lastMillisecond = 0;
let counter = 0;

/** A call of the generator costs as much for the bytes of 128 ids as for those of one. */
const random = new Uint8Array(128 * 16);
let used = random.byteLength;

function randomBytes(): Uint8Array {
  if (used === random.byteLength) {
    crypto.getRandomValues(random);
    used = 0;
  }
  used += 16;
  return random.slice(used - 16, used);
}

/**
 * A new UUIDv7. Ids made by one process sort in the order they were made: the 12 bits after the time are a
 * counter within the millisecond (RFC 9562, section 6.2, method 1), the rest is random.
 */
export function newId(now: number = Date.now()): string {
  const bytes = randomBytes();
  if (now > lastMillisecond) {
    lastMillisecond = now;
    counter = ((bytes[6] ?? 0) & 0x07) * 256 + (bytes[7] ?? 0);
  } else {
    counter += 1;
    if (counter > 0xfff) {
      lastMillisecond += 1;
      counter = 0;
    }
  }
  writeTime(bytes, lastMillisecond);
  bytes[6] = 0x70 | (counter >> 8);
  bytes[7] = counter & 0xff;
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return format(bytes);
}

function writeTime(bytes: Uint8Array, time: number): void {
  let rest = time;
  for (let index = 5; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Milliseconds since 1970 that a UUIDv7 carries. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * The id that follows from its parts: the same parts give the same id, in every process and every run. So a
 * redelivered request yields the reply id it yielded the first time, and the store's unique key drops the second.
 * The time is the parent's, the rest a 128-bit FNV-1a hash of the parts; not meant to withstand an attacker.
 */
export function deriveId(parentId: string, ...parts: readonly (string | number)[]): string {
  const bytes = fnv1a128([parentId, ...parts].join('\u0000'));
  writeTime(bytes, timeOfId(parentId));
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return format(bytes);
}

/** The offset basis of FNV-1a, 128 bits, in pieces of 22 bits, the lowest first. */
const FNV_OFFSET = [0x15c58d, 0x5d58a, 0x262b82, 0x2ec050, 0x272e07, 0x1b188] as const;
const PIECE_BITS = 22;
const PIECE_MASK = 0x3f_ffff;
const LAST_PIECE_MASK = 0x3_ffff;
/** The prime is 2^88 + 0x13b, and 88 bits are just four pieces. */
const FNV_FACTOR = 0x13b;

const encoder = new TextEncoder();

/**
 * FNV-1a, 128 bits (Fowler, Noll, Vo; parameters from draft-eastlake-fnv). In pieces of 22 bits no product leaves
 * the range of small integers: many times as fast as with BigInt.
 */
function fnv1a128(text: string): Uint8Array {
  let [a, b, c, d, e, f]: [number, number, number, number, number, number] = [...FNV_OFFSET];
  for (const byte of encoder.encode(text)) {
    const lowest = a ^ byte;
    const second = b;
    a = lowest * FNV_FACTOR;
    b = b * FNV_FACTOR + (a >>> PIECE_BITS);
    c = c * FNV_FACTOR + (b >>> PIECE_BITS);
    d = d * FNV_FACTOR + (c >>> PIECE_BITS);
    e = e * FNV_FACTOR + lowest + (d >>> PIECE_BITS);
    f = f * FNV_FACTOR + second + (e >>> PIECE_BITS);
    a &= PIECE_MASK;
    b &= PIECE_MASK;
    c &= PIECE_MASK;
    d &= PIECE_MASK;
    e &= PIECE_MASK;
    f &= LAST_PIECE_MASK;
  }
  return bigEndian([a, b, c, d, e, f]);
}

/** 16 bytes from six pieces of 22 bits. */
function bigEndian(pieces: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let index = 0; index < 16; index++) {
    const bit = index * 8;
    const piece = Math.floor(bit / PIECE_BITS);
    const offset = bit % PIECE_BITS;
    const low = (pieces[piece] ?? 0) >>> offset;
    const high = (pieces[piece + 1] ?? 0) << (PIECE_BITS - offset);
    bytes[15 - index] = (low | high) & 0xff;
  }
  return bytes;
}
