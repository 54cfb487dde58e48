import path from 'node:path';
import { createLogSync, isBusy, makePrivateFile, preparing, within } from '@parley/sqlite';
import { checking } from '../checking.ts';
import { applyEvent, countUnanswered, markPublished, urgencyOf } from '../requests/apply-event.ts';
import type { Store } from '../store.ts';
import type { StoreLogger } from '../store-logger.ts';
import { unavailable } from '../unavailable.ts';
import { createWriteGroups } from '../write-groups.ts';
import { createSqliteAgents } from './agents.ts';
import { createSqliteAudit } from './audit.ts';
import { createSqliteCommands } from './commands.ts';
import { createCommit } from './commit-group.ts';
import { createSqliteConversations } from './conversations.ts';
import { createSqliteDeadLetters } from './dead-letters.ts';
import { createSqliteEvents } from './events.ts';
import { createSqliteMemory } from './memory.ts';
import { createSqliteOutbox } from './outbox.ts';
import { portError } from './port-error.ts';
import { createRequestRows } from './request-rows.ts';
import { createSqliteRetention } from './retention.ts';
import { createSqliteRevokedTokens } from './revoked-tokens.ts';
import { createRoomProbe } from './room-probe.ts';
import { createSqliteSecrets } from './secrets.ts';
import { openStoreDatabase } from './store-database.ts';
import { createSqliteTasks } from './tasks.ts';
import { createSqliteTranscripts } from './transcripts.ts';
import { createSqliteTravelling } from './travelling.ts';
import { createSqliteUsage } from './usage.ts';

export interface SqliteStoreOptions {
  /** Folder of the file `parley.sqlite`; made if it is not there. */
  readonly dataDir: string;
  readonly logger: StoreLogger;
  /** How long a write waits for another process that holds the file, in milliseconds. @default 5000 */
  readonly writeTimeoutMs?: number;
  /** Pages of 4 KiB that the file may have at most; more is like a full disk. @default as many as the disk holds */
  readonly maxPages?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Brings the open log to the disk. @default fdatasync */
  readonly syncLog?: (log: number) => Promise<void>;
}

const GROUP_WRITES = 500;

/** Opens the store in one SQLite file. @throws ParleyError `store_unavailable` */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { dataDir, logger, writeTimeoutMs = 5000, maxPages, now = Date.now, syncLog } = options;
  const database = open(dataDir);
  if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`);

  const prepare = preparing(database);
  const conversations = createSqliteConversations(prepare);
  const outbox = createSqliteOutbox(prepare, now);
  const agents = createSqliteAgents(prepare, now);
  const deadLetters = createSqliteDeadLetters(prepare);
  const audit = createSqliteAudit(prepare, now);
  const commands = createSqliteCommands(prepare, audit, now);
  const events = createSqliteEvents(prepare, now);
  const listTravelling = createSqliteTravelling(prepare);
  const memory = createSqliteMemory(prepare, now);
  const revokedTokens = createSqliteRevokedTokens(prepare);
  const secrets = createSqliteSecrets(prepare);
  const tasks = createSqliteTasks(prepare, now);
  const transcripts = createSqliteTranscripts(prepare);
  const usage = createSqliteUsage(prepare);
  const retention = createSqliteRetention(prepare);
  const log = createLogSync(database, {
    syncFile: syncLog,
    onFailure: (err) => logger.warn({ err }, 'the store cannot be brought to the disk; trying again'),
  });
  // For what a process that was killed has left in the log. Whoever reads waits for it.
  log.sync().catch(() => undefined);
  const onDisk = (synced: Promise<void>): Promise<void> =>
    within(writeTimeoutMs, synced).catch((error: unknown) => {
      throw unavailable('the disk does not answer', error);
    });
  const commit = createCommit(database, createRequestRows(prepare, now));
  const changesSoFar = prepare.one<{ changes: number }>('SELECT total_changes() AS changes');
  const groups = createWriteGroups({
    commit(writes, isDurable) {
      const before = changesSoFar()?.changes;
      const outcomes = commit(writes);
      if (!isDurable) return outcomes;
      // Where nothing was changed, the answer may still tell of what was changed a moment before.
      const synced = changesSoFar()?.changes === before ? log.pending() : log.sync();
      return synced === undefined ? outcomes : onDisk(synced).then(() => outcomes);
    },
    isPassing: isBusy,
    portError,
    logger,
    timeoutMs: writeTimeoutMs,
    limit: GROUP_WRITES,
  });
  const write = <T>(run: () => T): Promise<T> => groups.add({ keys: {}, run });
  const writeDirectly = <T>(run: () => T): Promise<T> => groups.add({ keys: {}, run, isDirect: true });
  const read = async <T>(run: () => T | Promise<T>): Promise<T> => {
    try {
      if (database.isOpen) {
        const found = await run();
        // What a power cut may still undo is shown to nobody.
        const synced = log.pending();
        if (synced !== undefined) await onDisk(synced);
        return found;
      }
    } catch (error) {
      if (database.isOpen) throw portError(error);
    }
    throw unavailable('it is closed');
  };

  return {
    kind: 'sqlite',
    apply: (event) => groups.add(applyEvent(event), urgencyOf(event)),
    markPublished: (published) => groups.add(markPublished(published), 'lazy'),
    takeOutbox: (taking) => writeDirectly(() => outbox.take(taking)),
    renewOutbox: () => writeDirectly(() => outbox.renew()),
    countUnanswered: (counts) => groups.add(countUnanswered(counts), 'lazy'),
    listTravelling: (query) => read(() => listTravelling(query)),
    getMessage: (messageId) => read(() => conversations.getMessage(messageId)),
    listMessages: (conversationId, query) => read(() => conversations.listMessages(conversationId, query)),
    getConversation: (conversationId) => read(() => conversations.getConversation(conversationId)),
    lastSeqs: (conversationIds) => read(() => conversations.lastSeqs(conversationIds)),
    listConversations: (ownerId, query) => read(() => conversations.listConversations(ownerId, query)),
    renameConversation: (conversationId, title) =>
      write(() => conversations.renameConversation(conversationId, title)),

    registerAgent: (agentId, profile, heldBy) => write(() => agents.register(agentId, profile, heldBy)),
    findAgentGroup: (agentId) => read(() => agents.findGroup(agentId)),
    setAgentState: (agentId, state) => write(() => agents.setState(agentId, state)),
    setWantedAgentState: (agentId, wanted) => write(() => agents.setWanted(agentId, wanted)),
    removeAgent: (agentId, incarnation) => write(() => agents.remove(agentId, incarnation)),
    listAgents: () => read(() => agents.list()),

    addDeadLetter: (letter) => write(() => deadLetters.add(letter)),
    listDeadLetters: (query) => read(() => deadLetters.list(query)),
    getDeadLetter: (id) => read(() => deadLetters.get(id)),
    setDeadLetterState: (id, state) => write(() => deadLetters.setState(id, state)),

    transcripts: {
      conversationsOf: (ownerId, query) => read(() => transcripts.conversationsOf(ownerId, query)),
    },
    commands: {
      add: (asked, auditOf) => write(() => commands.add(asked, auditOf)),
      get: (id) => read(() => commands.get(id)),
      list: (query) => read(() => commands.list(query)),
      listOpen: (agentId) => read(() => commands.listOpen(agentId)),
      apply: (id, event, auditOf) => write(() => commands.apply(id, event, auditOf)),
      addOutput: (commandId, agentId, piece, limits) =>
        groups.add({ keys: {}, run: () => commands.addOutput(commandId, agentId, piece, limits) }, 'prompt'),
      listOutput: (commandId, query) => read(() => commands.listOutput(commandId, query)),
      bindProcess: (bound) => write(() => commands.bindProcess(bound)),
      unbindProcess: (agentId, incarnation) => write(() => commands.unbindProcess(agentId, incarnation)),
      processesOf: (agentIds) => read(() => commands.processesOf(agentIds)),
      beat: (heard) => groups.add({ keys: {}, run: () => commands.beat(heard) }, 'lazy'),
    },
    audit: {
      append: (entry) => write(() => audit.append(entry)),
      list: (query) => read(() => audit.list(query)),
      read: (query) => read(() => audit.read(query)),
      head: () => read(() => audit.head()),
    },
    events: {
      append: (event, options) => write(() => events.append(event, options)),
      takeUnpublished: (taking) => write(() => events.takeUnpublished(taking)),
      markPublished: (ids) => write(() => events.markPublished(ids)),
      get: (eventId) => read(() => events.get(eventId)),
      list: (query) => read(() => events.list(query)),
      listThreads: (query) => read(() => events.listThreads(query)),
    },
    revokedTokens: {
      add: (tokenId) => write(() => revokedTokens.add(tokenId)),
      list: () => read(() => revokedTokens.list()),
    },
    usage: { take: (taken) => groups.add({ keys: {}, run: () => usage.take(taken) }, 'prompt') },
    retention: {
      remove: (what, query) => writeDirectly(() => retention.remove(what, query)),
      removeUsage: (before) => write(() => retention.removeUsage(before)),
      size: () => read(() => retention.size()),
    },
    secrets: { getOrCreate: (name) => write(() => secrets.getOrCreate(name)) },
    tasks: {
      add: (task) => write(() => tasks.add(task)),
      get: (id) => read(() => tasks.get(id)),
      save: (save) => write(() => tasks.save(save)),
      claim: (claim) => write(() => tasks.claim(claim)),
      renew: (renewal) => write(() => tasks.renew(renewal)),
      release: (id, token) => write(() => tasks.release(id, token)),
      list: (query) => read(() => tasks.list(query)),
      listViews: (query) => read(() => tasks.listViews(query)),
    },
    memory: {
      get: (address, writeId) => read(() => memory.get(address, writeId)),
      write: (change) => write(() => memory.write(change)),
      history: (address, query) => read(() => memory.history(address, query)),
      listAbout: (subject) => read(() => memory.listAbout(subject)),
    },

    check: checking(createRoomProbe(prepare, write), () => database.isOpen),
    async close() {
      await groups.close();
      await log.close();
      if (database.isOpen) database.close();
    },
  };
}

function open(dataDir: string): ReturnType<typeof openStoreDatabase> {
  const file = path.join(dataDir, 'parley.sqlite');
  try {
    makePrivateFile(file);
  } catch (error) {
    throw unavailable(`${file}: ${(error as Error).message}`, error);
  }
  try {
    return openStoreDatabase(file);
  } catch (error) {
    throw portError(error);
  }
}
