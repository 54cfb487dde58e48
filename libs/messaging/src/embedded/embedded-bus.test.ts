import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { describeMessageBus } from '../conformance/describe-message-bus.ts';
import { openEmbeddedBus } from './embedded-bus.ts';

describeMessageBus('embedded', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'parley-embedded-'));
  return {
    address: { dataDir },
    open: (options) =>
      openEmbeddedBus({ dataDir, logger: silentLogger, retryDelay: { minMs: 1, maxMs: 5 }, ...options }),
    async publishMalformed(queue, body) {
      const database = new DatabaseSync(path.join(dataDir, 'queue.sqlite'), { timeout: 1_000 });
      database.exec('BEGIN IMMEDIATE');
      const { lastInsertRowid } = database
        .prepare('INSERT INTO messages (queue_id) SELECT id FROM queues WHERE name = ?')
        .run(queue);
      database
        .prepare(
          `INSERT INTO envelopes (id, message_id, type, timestamp, headers, body) VALUES (?, '', '', 0, '', ?)`,
        )
        .run(lastInsertRowid, body);
      database.exec('COMMIT');
      database.close();
    },
    remove: () => rm(dataDir, { recursive: true }),
  };
});
