import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditEntry } from './audit.ts';
import { type AuditProblem, createAuditVerifier, FIRST_PREV_HASH, hashedText } from './audit-chain.ts';
import { canonicalJson } from './canonical-json.ts';

/** As a browser does it. */
async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A chain of so many entries, as a store makes it. */
async function aChain(count: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const unhashed = {
      seq,
      at: '2026-01-31T09:30:00.000Z',
      action: 'agent.pause',
      actor: { kind: 'user', id: 'ada', name: 'Ada' },
      agentId: `agent-${seq}`,
      result: 'ok',
      details: { b: seq, a: ['é', null] },
      prevHash: entries.at(-1)?.hash ?? FIRST_PREV_HASH,
    } as const;
    const content: Omit<AuditEntry, 'hash'> = { ...unhashed, details: { b: seq, a: ['é', null] } };
    entries.push({ ...content, hash: await sha256(hashedText(content)) });
  }
  return entries;
}

async function problemsOf(entries: readonly unknown[]): Promise<AuditProblem[]> {
  const verifier = createAuditVerifier(sha256);
  const problems: AuditProblem[] = [];
  for (const entry of entries) problems.push(...(await verifier.next(entry)));
  expect(verifier.count).toBe(entries.length);
  return problems;
}
const found = async (entries: readonly unknown[]): Promise<string[]> =>
  (await problemsOf(entries)).map(({ kind, seq }) => `${kind} ${seq}`);
let chain: readonly AuditEntry[] = [];
beforeAll(async () => {
  chain = await aChain(6);
});
const at = (index: number): AuditEntry => chain[index] as AuditEntry;

describe('the chain of the audit', () => {
  it('is whole as it was made, and says where it ends', async () => {
    expect(await problemsOf(chain)).toEqual([]);
    const verifier = createAuditVerifier(sha256);
    for (const entry of chain) await verifier.next(entry);
    expect(verifier.last).toEqual({ seq: 6, hash: at(5).hash });
  });

  it('is whole for any order of the keys of an entry', async () => {
    const turned = Object.fromEntries(Object.entries(at(0)).toReversed());
    expect(await problemsOf([turned, ...chain.slice(1)])).toEqual([]);
  });

  it.each([
    ['its text', { agentId: 'other' }],
    ['its time', { at: '2026-01-31T09:30:00.001Z' }],
    ['its details', { details: { b: 3, a: ['e', null] } }],
    ['a field that was added', { note: 'harmless' }],
    ['its own hash', { hash: 'f'.repeat(64) }],
  ])('shows an entry that was changed: %s', async (_, change) => {
    expect(await found(chain.with(2, { ...at(2), ...change }))).toContain('changed 3');
  });

  it('shows an entry that was written anew with a fitting hash, by the one after it', async () => {
    const { hash: _, ...content } = { ...at(2), agentId: 'other' };
    const forged = { ...content, hash: await sha256(hashedText(content)) };
    expect(await found(chain.with(2, forged))).toEqual(['changed 4']);
  });

  it('shows entries that are missing, at the beginning too', async () => {
    expect(await found(chain.toSpliced(2, 2))).toEqual(['missing 3']);
    expect(await found(chain.slice(1))).toEqual(['missing 1']);
  });

  it('shows entries that were moved or doubled', async () => {
    expect(await found(chain.with(2, at(3)).with(3, at(2)))).toContain('reordered 3');
    expect(await found(chain.toSpliced(3, 0, at(2)))).toContain('reordered 3');
  });

  it('names the line that is no entry', async () => {
    const [problem] = await problemsOf([at(0), { seq: 2 }]);
    expect(problem).toMatchObject({ kind: 'malformed', position: 2 });
  });

  it('can be verified from a later entry on', async () => {
    const verifier = createAuditVerifier(sha256, at(2));
    for (const entry of chain.slice(3)) expect(await verifier.next(entry)).toEqual([]);
  });
});

describe('canonical JSON', () => {
  it('depends on the value alone', () => {
    const value = { b: [1.5, { d: null, c: 'é"\n' }], 10: true, 9: 'x', a: undefined };
    expect(canonicalJson(value)).toBe('{"10":true,"9":"x","b":[1.5,{"c":"é\\"\\n","d":null}]}');
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1},"A":"\\ud83d"}'))).toBe(
      '{"A":"\\ud83d","__proto__":{"a":1}}',
    );
  });
});
