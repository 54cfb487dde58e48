import type { Store } from '../store.ts';
import { createAgents } from './agents.ts';
import { createAudit } from './audit.ts';
import { createCommands } from './commands.ts';
import { createConversations } from './conversations.ts';
import { createRevokedTokens, createSecrets } from './credentials.ts';
import type { Database } from './database.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createEvents } from './events.ts';
import { createMemory } from './memory.ts';
import { createRequests } from './requests.ts';
import { createRetention } from './retention.ts';
import { createTasks } from './tasks.ts';
import { createUsage } from './usage.ts';

/**
 * The part of the store that each driver has of its own: writing requests in groups, and opening, asking and closing
 * the database.
 */
type OfDriver = 'kind' | 'apply' | 'markPublished' | 'countUnanswered' | 'check' | 'close';

export function createRecords(database: Database): Omit<Store, OfDriver> {
  const audit = createAudit(database);
  return {
    ...createRequests(database),
    ...createConversations(database),
    ...createAgents(database),
    ...createDeadLetters(database),
    audit,
    commands: createCommands(database, audit),
    events: createEvents(database),
    memory: createMemory(database),
    retention: createRetention(database),
    revokedTokens: createRevokedTokens(database),
    secrets: createSecrets(database),
    tasks: createTasks(database),
    usage: createUsage(database),
  };
}
