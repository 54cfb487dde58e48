import type { AgentStatus } from '@parley/shared-models';

/** Whom a text addresses with an @. */
export type Mention =
  | { readonly isKnown: true; readonly name: string; readonly agents: readonly AgentStatus[] }
  | { readonly isKnown: false; readonly name: string };

/** More are no address but material: a list of mail addresses, a patch. */
const MAX_MARKS = 50;

/** Not inside of a word, a mail address or a path. */
const WORD_BEFORE = /[\p{L}\p{M}\p{N}_.%+@/\\-]$/u;
/** The name goes on: `@Finance` is not meant by `@Finance-2`, `@finance.com` or `@financed`. */
const NAME_GOES_ON = /^(?:[\p{L}\p{M}\p{N}_]|[-.@/][\p{L}\p{N}])/u;
const QUOTED = /^["“”„]([^"“”„\n]{1,64})["“”]/u;
/** An address at the beginning of the text: a name, then a space, a comma, a colon or the end. */
const ADDRESS =
  /^\s*@(?:["“”„]([^"“”„\n]{1,64})["“”]|([\p{L}\p{N}_][\p{L}\p{M}\p{N}_-]{0,63}))(?=$|[\s,:;!?.]*(?:\s|$))/u;
const CODE = /```[\s\S]*?```|`[^`\n]*`/g;

/**
 * The first `@Name` or `@"Long Name"` in the text that is an agent's name, id or group, in any case, outside of
 * code. Otherwise, where the text begins with an address: the unknown name.
 */
export function findMention(text: string, agents: readonly AgentStatus[]): Mention | undefined {
  if (!text.includes('@')) return undefined;
  const plain = text.includes('`') ? text.replace(CODE, (code) => ' '.repeat(code.length)) : text;
  const known = namesOf(agents);
  let at = plain.indexOf('@');
  for (let marks = 0; at !== -1 && marks < MAX_MARKS; marks++) {
    if (!WORD_BEFORE.test(plain.slice(Math.max(0, at - 2), at))) {
      const name = nameAt(plain.slice(at + 1, at + 200), known);
      const meant = name === undefined ? undefined : known.get(name.toLowerCase());
      if (name !== undefined && meant !== undefined) return { isKnown: true, name, agents: meant };
    }
    at = plain.indexOf('@', at + 1);
  }
  const [, quoted, bare] = ADDRESS.exec(plain) ?? [];
  const unknown = quoted ?? bare;
  return unknown === undefined ? undefined : { isKnown: false, name: unknown.trim() };
}

/** The longest known name at the beginning of this text. */
function nameAt(text: string, known: ReadonlyMap<string, unknown>): string | undefined {
  const quoted = QUOTED.exec(text)?.[1]?.trim();
  if (quoted !== undefined) return quoted;
  const lower = text.toLowerCase();
  let longest = '';
  for (const name of known.keys()) {
    if (
      name.length > longest.length &&
      lower.startsWith(name) &&
      !NAME_GOES_ON.test(lower.slice(name.length))
    )
      longest = name;
  }
  return longest === '' ? undefined : text.slice(0, longest.length);
}

/** By lower-case name; ids and groups too where no agent has them as its name. */
function namesOf(agents: readonly AgentStatus[]): ReadonlyMap<string, AgentStatus[]> {
  const known = new Map<string, AgentStatus[]>();
  for (const field of ['agentName', 'agentId', 'group'] as const) {
    const found = new Map<string, AgentStatus[]>();
    for (const agent of agents) {
      const name = agent[field].toLowerCase();
      if (!known.has(name)) found.set(name, [...(found.get(name) ?? []), agent]);
    }
    for (const [name, named] of found) known.set(name, named);
  }
  return known;
}
