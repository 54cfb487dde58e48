import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { preparing } from '@parley/sqlite';
import { aDecision, aFailure, anInput, hops } from '../conformance/samples.ts';
import { createCommit } from '../sqlite/commit-group.ts';
import { createSqliteWorkspace } from '../sqlite/sqlite-workspace.ts';
import { openStoreDatabase } from '../sqlite/store-database.ts';
import { accept } from './accept.ts';
import { fail, settle } from './answers.ts';
import { recordRouting, reopen, revive } from './routing.ts';
import type { Write } from './workspace.ts';

describe('a write that is run again, since nobody heard that it was committed', () => {
  let database: DatabaseSync;
  let commit: (write: Write<unknown>) => unknown;

  beforeEach(() => {
    database = openStoreDatabase(':memory:');
    const group = createCommit(database, createSqliteWorkspace(preparing(database), Date.now));
    commit = (write) => {
      const [outcome] = group([write], true);
      return outcome !== undefined && 'result' in outcome ? outcome.result : outcome?.error;
    };
  });
  afterEach(() => database.close());

  const routed = (): string => {
    const input = anInput();
    commit(accept(input));
    commit(recordRouting(input.message.id, 0, aDecision(), []));
    return input.message.id;
  };

  it('tells how the request failed', () => {
    const write = fail(aFailure(routed()));
    const unheard = commit(write);
    expect(unheard).toMatchObject({ outcome: 'failed', message: { seq: 2 }, status: { status: 'failed' } });
    expect(commit(write)).toEqual({ ...(unheard as object), outcome: 'ended' });
  });

  it('tells how a request failed that had been replayed', () => {
    const id = routed();
    commit(fail(aFailure(id, 'dead_lettered')));
    commit(revive(id));
    const write = fail(aFailure(id));
    const unheard = commit(write);
    expect(unheard).toMatchObject({ outcome: 'failed', message: { seq: 3 } });
    expect(commit(write)).toMatchObject({ outcome: 'ended', message: { seq: 3 } });
  });

  it('tells that the request was settled', () => {
    const write = settle({ requestId: routed(), agentId: 'finance', hops: hops('server') });
    const unheard = commit(write);
    expect(unheard).toMatchObject({ status: 'answered' });
    expect(commit(write)).toEqual(unheard);
  });

  it('gives who reopened the request its entry', () => {
    const id = routed();
    const write = reopen(id, 'finance');
    const unheard = commit(write);
    expect(unheard).toMatchObject({ attempt: 1 });
    expect(commit(write)).toEqual(unheard);
    expect(commit(reopen(id, 'finance'))).toBeUndefined();
  });

  it('gives who reopened it none when somebody has taken it further', () => {
    const id = routed();
    const write = reopen(id, 'finance');
    commit(write);
    commit(recordRouting(id, 1, aDecision('hr'), []));
    expect(commit(write)).toBeUndefined();
  });

  it('gives who replayed the request its entry', () => {
    const id = routed();
    commit(fail(aFailure(id, 'dead_lettered')));
    const write = revive(id);
    const unheard = commit(write);
    expect(unheard).toMatchObject({ attempt: 1 });
    expect(commit(write)).toEqual(unheard);
    expect(commit(revive(id))).toBeUndefined();
  });
});
