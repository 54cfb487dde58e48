import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  type AuditEntry,
  type AuditHead,
  FIRST_PREV_HASH,
  hashedText,
  signedText,
} from '@parley/shared-models';
import { publicKeyOf, readShippedHeads } from './shipped-heads.ts';
import { verifyLines } from './verify-lines.ts';

/** A chain of so many entries, as a store makes it. */
function aChain(count: number, actorId = 'ada'): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const content: Omit<AuditEntry, 'hash'> = {
      seq,
      at: '2026-01-31T09:30:00.000Z',
      action: 'agent.pause',
      actor: { kind: 'user', id: actorId, name: 'Ada' },
      agentId: `agent-${seq}`,
      result: 'ok',
      prevHash: entries.at(-1)?.hash ?? FIRST_PREV_HASH,
    };
    entries.push({ ...content, hash: createHash('sha256').update(hashedText(content)).digest('hex') });
  }
  return entries;
}

async function* linesOf(entries: readonly AuditEntry[]): AsyncGenerator<string> {
  for (const entry of entries) yield JSON.stringify(entry);
}

describe('the hash that a verification printed before', () => {
  const chain = aChain(5);

  it('is found when the chain has grown since, with how many entries follow', async () => {
    for (const [index, { hash }] of chain.entries())
      expect(await verifyLines(linesOf(chain), hash)).toMatchObject({ problems: [], followHead: 4 - index });
  });

  it('is not found when the end was cut off', async () => {
    const verified = await verifyLines(linesOf(chain.slice(0, 3)), chain[4]?.hash);
    expect(verified).toMatchObject({ problems: [], count: 3 });
    expect(verified.followHead).toBeUndefined();
  });

  it('is looked for only when there is one', async () => {
    expect((await verifyLines(linesOf(chain))).followHead).toBeUndefined();
  });
});

describe('heads that were shipped', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const chain = aChain(5);
  const headOf = ({ seq, hash, at }: AuditEntry, key = privateKey): AuditHead => {
    const head: AuditHead = { type: 'parley.audit-head', seq, hash, at };
    return { ...head, signature: sign(null, Buffer.from(signedText(head)), key).toString('base64') };
  };
  const heads = chain.slice(0, 4).map((entry) => headOf(entry));
  async function* linesIn(lines: readonly string[]): AsyncGenerator<string> {
    yield* lines;
  }

  it('say up to where nothing was cut off or written anew', async () => {
    const verified = await verifyLines(linesOf(chain), undefined, heads);
    expect(verified).toMatchObject({ problems: [], judged: { seq: 4 } });
  });

  it('show that the end was cut off, and also when others were entered since', async () => {
    const cut = await verifyLines(linesOf(chain.slice(0, 3)), undefined, heads);
    expect(cut.problems).toMatchObject([{ message: expect.stringContaining('entry 4 is missing') }]);
    const other = aChain(6).map((entry) => ({ ...entry, at: '2026-02-01T00:00:00.000Z' }));
    expect((await verifyLines(linesOf(other), undefined, heads)).problems.length).toBeGreaterThan(0);
  });

  it('show that all was written anew with another actor, which the chain alone does not', async () => {
    const anew = aChain(5, 'mallory');
    expect((await verifyLines(linesOf(anew))).problems).toEqual([]);
    const { problems, judged } = await verifyLines(linesOf(anew), undefined, heads);
    expect(problems).toHaveLength(4);
    expect(problems[0]?.message).toContain('entry 1 is not the one of which the hash was shipped');
    expect(judged).toBeUndefined();
  });

  it('are read from a log too, and only those that the key signed count', async () => {
    const lines = [
      `<86>1 2026-01-31T09:30:00.000Z web-1 parley 7 audit-head - ${JSON.stringify(heads[0])}`,
      JSON.stringify(heads[1]),
      JSON.stringify({ ...heads[2], hash: 'f'.repeat(64) }),
      JSON.stringify(headOf(chain[3] as AuditEntry, generateKeyPairSync('ed25519').privateKey)),
      JSON.stringify({ ...heads[3], signature: undefined }),
      'something else',
    ];
    const read = await readShippedHeads(linesIn(lines), publicKeyOf(pem));
    expect(read.heads).toEqual(heads.slice(0, 2));
    expect(read.problems).toEqual([
      ...[3, 4, 5].map((line) => expect.stringContaining(`line ${line} of the heads`)),
      'line 6 of the heads is no head of the audit',
    ]);
    expect((await readShippedHeads(linesIn(lines))).heads).toHaveLength(5);
  });
});
