import { checking } from '../checking.ts';
import { applyEvent, countUnanswered, markPublished, urgencyOf } from '../requests/apply-event.ts';
import type { Store } from '../store.ts';
import type { StoreLogger } from '../store-logger.ts';
import { createWriteGroups } from '../write-groups.ts';
import { createPostgresAgents } from './agents.ts';
import { createPostgresAudit } from './audit.ts';
import { createPostgresCommands } from './commands.ts';
import { createCommit } from './commit-group.ts';
import type { Statement } from './connection.ts';
import { createPostgresConversations } from './conversations.ts';
import { openDatabase } from './database.ts';
import { createPostgresDeadLetters } from './dead-letters.ts';
import { createPostgresEvents } from './events.ts';
import { createPostgresMemory } from './memory.ts';
import { renewingOutbox, takingOutbox } from './outbox.ts';
import { isPassing, portError } from './postgres-errors.ts';
import { createPostgresRetention } from './retention.ts';
import { createPostgresRevokedTokens } from './revoked-tokens.ts';
import { createPostgresSecrets } from './secrets.ts';
import { createPostgresTasks } from './tasks.ts';
import { createPostgresTranscripts } from './transcripts.ts';
import { listingTravelling } from './travelling.ts';
import { createPostgresUsage } from './usage.ts';

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly databaseUrl: string;
  readonly logger: StoreLogger;
  /** How long a call is tried again while PostgreSQL is away, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /** How long a statement may take, in milliseconds; half of it, how long it may wait for a lock. @default 10_000 */
  readonly statementTimeoutMs?: number;
}

const GROUP_WRITES = 256;

/** A write that changes nothing: fails where the disk is full or the server takes no writes. */
const CHECK: Statement = { name: 'check', text: 'UPDATE parley_version SET version = version' };

/**
 * Opens the store in a PostgreSQL database. One that is away does not make it fail: calls then throw
 * `store_unavailable` until it is there.
 * @throws ParleyError `store_unavailable` when PostgreSQL refuses the user or has no such database
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { databaseUrl, logger, timeoutMs = 5000, statementTimeoutMs = 10_000 } = options;
  const database = await openDatabase({ databaseUrl, logger, timeoutMs, statementTimeoutMs });
  const commit = createCommit(database.writers);
  const groups = createWriteGroups({
    commit: async (writes, isDurable) => {
      await database.ready();
      return commit(writes, isDurable);
    },
    isPassing,
    portError,
    logger,
    timeoutMs,
    limit: GROUP_WRITES,
  });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await groups.close();
    await database.close();
  };

  return {
    kind: 'postgres',
    apply: (event) => groups.add(applyEvent(event), urgencyOf(event)),
    markPublished: (published) => groups.add(markPublished(published), 'lazy'),
    takeOutbox: takingOutbox(database),
    renewOutbox: renewingOutbox(database),
    countUnanswered: (counts) => groups.add(countUnanswered(counts), 'lazy'),
    listTravelling: listingTravelling(database),
    ...createPostgresConversations(database),
    ...createPostgresAgents(database),
    ...createPostgresDeadLetters(database),
    commands: createPostgresCommands(database),
    audit: createPostgresAudit(database),
    events: createPostgresEvents(database),
    memory: createPostgresMemory(database),
    revokedTokens: createPostgresRevokedTokens(database),
    retention: createPostgresRetention(database),
    secrets: createPostgresSecrets(database),
    tasks: createPostgresTasks(database),
    transcripts: createPostgresTranscripts(database),
    usage: createPostgresUsage(database),
    check: checking(
      async () => {
        await database.rows(CHECK, []);
      },
      () => closed === undefined,
    ),
    close() {
      closed ??= close();
      return closed;
    },
  };
}
