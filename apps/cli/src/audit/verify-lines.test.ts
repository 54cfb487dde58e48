import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type AuditEntry, FIRST_PREV_HASH, hashedText } from '@parley/shared-models';
import { verifyLines } from './verify-lines.ts';

/** A chain of so many entries, as a store makes it. */
function aChain(count: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const content: Omit<AuditEntry, 'hash'> = {
      seq,
      at: '2026-01-31T09:30:00.000Z',
      action: 'agent.pause',
      actor: { kind: 'user', id: 'ada', name: 'Ada' },
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
