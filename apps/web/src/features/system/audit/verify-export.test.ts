import { describe, expect, it } from '@jest/globals';
import { type AuditEntry, FIRST_PREV_HASH, hashedText } from '@parley/shared-models';
import { sha256InBrowser, verifyExport } from './verify-export.ts';

async function aChain(count: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const content: Omit<AuditEntry, 'hash'> = {
      seq,
      at: '2026-01-31T09:30:00.000Z',
      action: 'agent.pause',
      actor: { kind: 'user', id: 'ada', name: 'Ada é' },
      result: 'ok',
      prevHash: entries.at(-1)?.hash ?? FIRST_PREV_HASH,
    };
    entries.push({ ...content, hash: await sha256InBrowser(hashedText(content)) });
  }
  return entries;
}

/** In chunks of this many characters, as from a network. */
async function* exported(entries: readonly unknown[], size = 100): AsyncGenerator<string> {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

const chain = await aChain(450);
const head = { seq: 450, hash: chain.at(-1)?.hash ?? '' };

describe('the check of the exported audit', () => {
  const verify = (entries: readonly unknown[], last = head) =>
    verifyExport(exported(entries), last, sha256InBrowser);

  it('accepts an intact chain, and reports its progress', async () => {
    const told: number[] = [];
    const report = await verifyExport(exported(chain, 977), head, sha256InBrowser, (count) =>
      told.push(count),
    );
    expect(report).toEqual({ count: 450, lastHash: head.hash, problem: undefined });
    expect(told).toEqual([200, 400]);
  });

  it('finds an empty one whole', async () => {
    expect(await verify([], { seq: 0, hash: FIRST_PREV_HASH })).toMatchObject({
      count: 0,
      problem: undefined,
    });
  });

  it('verifies entries that were added meanwhile', async () => {
    const before = { seq: 400, hash: chain[399]?.hash ?? '' };
    expect(await verify(chain, before)).toMatchObject({ count: 450, problem: undefined });
  });

  it.each([
    [
      'an entry that was changed',
      () => chain.with(7, { ...(chain[7] as AuditEntry), result: 'no' }),
      'entry 8',
    ],
    ['one that is missing', () => chain.toSpliced(3, 1), 'entry 4 is missing'],
    ['a cut-off end', () => chain.slice(0, 440), 'the last 10 entries are missing'],
    ['an end that was written anew', () => chain, 'not the one that the server remembers', 'f'.repeat(64)],
  ] as const)('finds %s', async (_, entries, problem, hash = head.hash) => {
    expect((await verify(entries(), { seq: 450, hash })).problem).toContain(problem);
  });

  it('finds a line that is no entry', async () => {
    async function* broken() {
      yield '{"seq":1';
    }
    expect((await verifyExport(broken(), head, sha256InBrowser)).problem).toContain('no audit entry');
  });
});
