import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestEvent, Transition } from '@parley/requests';
import { aDeath, aFailure, aReply, aRouting, aSubmission, hops, speaker } from '@parley/requests/testing';
import { preparing } from '@parley/sqlite';
import { createCommit } from '../drivers/sqlite/commit-group.ts';
import { createRequestRows } from '../drivers/sqlite/request-rows.ts';
import { openStoreDatabase } from '../drivers/sqlite/store-database.ts';
import type { Write } from '../write-groups.ts';
import { applyEvent } from './apply-event.ts';

describe('an event whose write is run again, since nobody heard whether it was committed', () => {
  let database: DatabaseSync;
  let commit: (write: Write<Transition>) => Transition;

  beforeEach(() => {
    database = openStoreDatabase(':memory:');
    const group = createCommit(database, createRequestRows(preparing(database), Date.now));
    commit = (write) => {
      const [outcome] = group([write]);
      if (outcome === undefined || !('result' in outcome)) throw outcome?.error;
      return outcome.result as Transition;
    };
  });
  afterEach(() => database.close());

  const apply = (event: RequestEvent): Transition => commit(applyEvent(event));
  /** The transaction is run, and lost with the connection: whether it was committed is not known, and it was not. */
  const lose = (write: Write<Transition>): void => {
    const lost: Write<Transition> = {
      keys: write.keys,
      run(work) {
        write.run(work);
        throw new Error('the connection was lost');
      },
    };
    expect(() => commit(lost)).toThrow('the connection was lost');
  };

  const submission = aSubmission();
  const { id, conversationId } = submission.message;
  const submitted: RequestEvent = { type: 'submitted', ...submission };
  const routed: RequestEvent = { type: 'routed', ...aRouting(id) };
  const replied: RequestEvent = { type: 'replied', ...aReply({ id, conversationId }) };
  const settled: RequestEvent = {
    type: 'settled',
    requestId: id,
    from: speaker('finance'),
    hops: hops('server'),
  };
  const failed: RequestEvent = { type: 'failed', ...aFailure(id, 'finance') };
  const died: RequestEvent = { type: 'died', ...aDeath(id, 'finance') };
  const stopped: RequestEvent = { type: 'stopped', requestId: id };
  const gone: RequestEvent = { type: 'agent-gone', requestId: id, agentId: 'finance' };
  const replayed: RequestEvent = { type: 'replayed', requestId: id };
  const chosen = { group: 'finance', holdsSession: true, sessionTtlMs: 60_000 };

  it.each([
    ['submitted', [], submitted],
    ['routed', [submitted], { ...routed, chosen }],
    ['replied', [submitted, routed], replied],
    ['settled by a sibling', [submitted, routed], { ...settled, from: speaker('finance-2', ['finance']) }],
    ['failed', [submitted, routed], failed],
    ['died', [submitted, routed], died],
    ['failed after it was replayed', [submitted, routed, died, replayed], { ...failed, from: undefined }],
    ['stopped', [submitted, routed], stopped],
    ['agent-gone', [submitted, routed], gone],
    ['replayed', [submitted, routed, died], replayed],
  ] as const)('has the same effects as the first time: %s', (_, earlier, event) => {
    for (const before of earlier) apply(before);
    const write = applyEvent(event);
    const unheard = commit(write);
    expect(unheard.outcome).toBe('done');
    expect(unheard.effects).not.toEqual([]);
    const { outcome, effects, message } = commit(write);
    expect({ outcome, effects, message }).toEqual({
      outcome: 'done',
      effects: unheard.effects,
      message: unheard.message,
    });
    expect(commit(applyEvent(event)).outcome).not.toBe('done');
  });

  it.each([
    ['submitted', [], submitted],
    ['routed', [submitted], routed],
    ['replied', [submitted, routed], replied],
    ['stopped', [submitted, routed], stopped],
    ['agent-gone', [submitted, routed], gone],
  ] as const)('is done now where it was not committed: %s', (_, earlier, event) => {
    for (const before of earlier) apply(before);
    const write = applyEvent(event);
    lose(write);
    expect(commit(write)).toMatchObject({ outcome: 'done' });
    expect(apply(event).outcome).not.toBe('done');
  });

  it.each([
    ['routed', [submitted], routed, { ...routed, ...aRouting(id, 'hr') }, 'repeated'],
    ['replied', [submitted, routed], replied, stopped, 'refused'],
    ['settled', [submitted, routed], settled, stopped, 'refused'],
    ['stopped', [submitted, routed], stopped, replied, 'refused'],
    ['failed', [submitted, routed], failed, stopped, 'repeated'],
    ['agent-gone', [submitted, routed], gone, replied, 'refused'],
  ] as const)(
    'yields to another event that was committed in its place: %s',
    (_, earlier, event, other, expected) => {
      for (const before of earlier) apply(before);
      const write = applyEvent(event);
      lose(write);
      const stored = apply(other);
      expect(stored.outcome).toBe('done');
      const { outcome, effects } = commit(write);
      expect(outcome).toBe(expected);
      for (const effect of effects) {
        if (effect.do === 'show') expect(effect.message).toEqual(stored.message);
        if (effect.do === 'hand-over') expect(effect.status.routing).toEqual(stored.request?.decision);
      }
    },
  );

  it('publishes a request no more that somebody has taken further', () => {
    for (const event of [submitted, routed]) apply(event);
    const write = applyEvent(gone);
    commit(write);
    apply({ type: 'routed', ...aRouting(id, 'hr', 1) });
    expect(commit(write)).toMatchObject({ outcome: 'refused', effects: [] });
  });
});
