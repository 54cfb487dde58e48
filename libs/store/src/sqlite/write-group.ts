import type { DatabaseSync } from 'node:sqlite';
import { storeError } from './store-error.ts';

/** Runs writes in transactions that many of them share. */
export interface WriteGroup {
  /** Resolves with what `work` returned once it is durable. `work` is synchronous and fails for itself alone. */
  write<T>(work: () => T): Promise<T>;
  /** Resolves when all writes so far have ended. */
  settled(): Promise<void>;
}

interface Pending {
  run(): void;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Gathers the writes of one turn of the event loop into one transaction, so that they share the one slow step, the
 * sync to disk. Each has a savepoint of its own: one that throws is undone and does not touch the others.
 */
export function createWriteGroup(database: DatabaseSync): WriteGroup {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  const savepoint = database.prepare('SAVEPOINT one');
  const release = database.prepare('RELEASE one');
  const undo = database.prepare('ROLLBACK TO one');
  let pending: Pending[] = [];
  let flushed: PromiseWithResolvers<void> | undefined;

  const flush = (): void => {
    const group = pending;
    const done = flushed;
    pending = [];
    flushed = undefined;
    const succeeded: Pending[] = [];
    try {
      begin.run();
      for (const item of group) {
        savepoint.run();
        try {
          item.run();
          release.run();
          succeeded.push(item);
        } catch (error) {
          // A full disk can end the whole transaction: then the group fails below.
          if (!database.isTransaction) throw error;
          undo.run();
          release.run();
          item.reject(storeError(error));
        }
      }
      commit.run();
      for (const item of succeeded) item.resolve();
    } catch (error) {
      if (database.isTransaction) rollback.run();
      const reason = storeError(error);
      // A promise that was rejected above stays so.
      for (const item of group) item.reject(reason);
    }
    done?.resolve();
  };

  return {
    write(work) {
      return new Promise((resolve, reject) => {
        let result: ReturnType<typeof work>;
        pending.push({
          run: () => {
            result = work();
          },
          resolve: () => resolve(result),
          reject,
        });
        if (flushed !== undefined) return;
        flushed = Promise.withResolvers();
        setImmediate(flush);
      });
    },
    settled: () => flushed?.promise ?? Promise.resolve(),
  };
}
