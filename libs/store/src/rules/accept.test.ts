import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { preparing } from '@parley/sqlite';
import { createCommit } from '../sqlite/commit-group.ts';
import { createSqliteWorkspace } from '../sqlite/sqlite-workspace.ts';
import { openStoreDatabase } from '../sqlite/store-database.ts';
import type { AcceptInput } from '../store.ts';
import type { Outcome } from '../write-groups.ts';
import { accept } from './accept.ts';
import type { Workspace, Write } from './workspace.ts';

/** Nothing is there, and nothing stays. */
const emptyWorkspace: Workspace = {
  message: () => undefined,
  request: () => undefined,
  conversation: () => undefined,
  addConversation: () => undefined,
  append: () => undefined,
  addRequest: () => undefined,
  saveRequest: () => undefined,
  saveSession: () => undefined,
};

describe('accepting a message', () => {
  let database: DatabaseSync;
  let commit: (write: Write<unknown>) => Outcome | undefined;

  beforeEach(() => {
    database = openStoreDatabase(':memory:');
    const group = createCommit(database, createSqliteWorkspace(preparing(database), Date.now));
    commit = (write) => group([write], true)[0];
  });
  afterEach(() => database.close());

  const input = (): AcceptInput => ({
    message: {
      id: newId(),
      conversationId: newId(),
      kind: 'TEXT',
      sender: { kind: 'user', id: 'local', name: 'You' },
      text: 'hello',
      createdAt: new Date().toISOString(),
    },
    ownerId: 'local',
  });

  it('is no duplicate of itself when it was committed and that did not become known', () => {
    const write = accept(input());
    const unheard = commit(write);
    expect(unheard).toMatchObject({ result: { message: { seq: 1 }, isDuplicate: false } });
    expect(commit(write)).toEqual(unheard);
  });

  it('is a duplicate when it was accepted before', () => {
    const message = input();
    commit(accept(message));
    expect(commit(accept(message))).toMatchObject({ result: { message: { seq: 1 }, isDuplicate: true } });
  });

  it('is one when another took its place while its transaction was rolled back', () => {
    const message = input();
    const write = accept(message);
    write.run(emptyWorkspace);
    write.undone?.();
    commit(accept(message));
    expect(commit(write)).toMatchObject({ result: { isDuplicate: true } });
  });

  it('is none when its first transaction was rolled back', () => {
    const write = accept(input());
    const failing: Write<unknown> = {
      keys: write.keys,
      run(workspace) {
        write.run(workspace);
        throw new Error('database or disk is full');
      },
    };
    expect(commit(failing)).toMatchObject({ error: expect.anything() });
    expect(commit(write)).toMatchObject({ result: { message: { seq: 1 }, isDuplicate: false } });
  });
});
