import type { DatabaseSync } from 'node:sqlite';
import { agentQueue, channelQueue } from '@parley/shared-models';
import { createLogSync, createTransactions, within } from '@parley/sqlite';
import { isStorable } from '../batch.ts';
import { type BusOptions, DEFAULT_PUBLISH_TIMEOUT_MS, DEFAULT_RETRY_DELAY } from '../bus-options.ts';
import type { Envelope, MessageBus, Subscription } from '../message-bus.ts';
import { createSignalHub } from '../signal-hub.ts';
import { PERMANENT_QUEUES } from '../topology.ts';
import { createClaiming } from './claiming.ts';
import { reasonOf } from './failure-reason.ts';
import { createPublishing, queueMissing } from './publishing.ts';
import { openQueueDatabase } from './queue-database.ts';
import { createSettlement } from './settlement.ts';
import { prepareStatements } from './statements.ts';
import { createSubscription } from './subscription.ts';
import { createWriteGroups, unavailable } from './write-groups.ts';
import { createWriteHealth } from './write-health.ts';

/** Times in milliseconds. */
export interface EmbeddedBusOptions extends BusOptions {
  /** Folder of `queue.sqlite`; made if it is not there. */
  readonly dataDir: string;
  /** How long writes must go on failing until `health()` says `down`. @default 1_000 */
  readonly downAfterMs?: number;
  /** Brings the open log of the file to the disk. @default fdatasync */
  readonly syncLog?: (log: number) => Promise<void>;
}

const DEFAULT_DOWN_AFTER_MS = 1_000;

/** For the last writes of a closing bus while the disk is in trouble. */
const FAREWELL_TIMEOUT_MS = 2_000;

/** Bytes of a message besides its body, about. */
const ROW_BYTES = 1_000;

/** While the disk is full, it is tried this often whether there is room again for this much. */
const ROOM_PROBE = { everyMs: 1_000, bytes: 256 * 1024 } as const;

/**
 * Opens the durable queue in `<dataDir>/queue.sqlite`. The file belongs to one process as long as this bus is open.
 * @throws ParleyError `bus_unavailable` when the file cannot be opened or written within `publishTimeoutMs`, or another
 *   process has it
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<MessageBus> {
  const timeoutMs = options.publishTimeoutMs ?? DEFAULT_PUBLISH_TIMEOUT_MS;
  return openBusOn(await openQueueDatabase(options.dataDir, timeoutMs, options.logger), options);
}

interface Closable {
  close(): Promise<void>;
}

/** The same on a file that is open already; the bus closes it. */
export async function openBusOn(
  database: DatabaseSync,
  {
    logger,
    publishTimeoutMs: timeoutMs = DEFAULT_PUBLISH_TIMEOUT_MS,
    retryDelay = DEFAULT_RETRY_DELAY,
    downAfterMs = DEFAULT_DOWN_AFTER_MS,
    syncLog,
  }: EmbeddedBusOptions,
): Promise<MessageBus> {
  const health = createWriteHealth({ downAfterMs, logger });
  const log = createLogSync(database, { syncFile: syncLog, onFailure: health.failed });
  const statements = prepareStatements(database);
  const claiming = createClaiming({ statements, isRoomScarce: () => writes.isRoomScarce(), log, logger });
  const publishing = createPublishing(statements, claiming.wake);
  const settlement = createSettlement(statements, claiming.wake);
  const writes = createWriteGroups({
    transactions: createTransactions(database),
    log,
    health,
    logger,
    hooks: {
      mayClaim: claiming.mayClaim,
      isClaimWanted: claiming.isClaimWanted,
      claim() {
        publishing.write();
        return claiming.claim();
      },
      committed: settlement.committed,
      rolledBack() {
        publishing.rolledBack();
        settlement.rolledBack();
        claiming.wakeAll();
      },
    },
  });
  const signals = createSignalHub(logger);
  const open = new Set<Closable>();
  let closing: Promise<void> | undefined;
  let isProbing = false;
  const prober = setInterval(() => {
    // Never rejects.
    if (writes.isRoomScarce() && !isProbing) void probeRoom();
  }, ROOM_PROBE.everyMs).unref();

  async function probeRoom(): Promise<void> {
    isProbing = true;
    try {
      const { bytes } = ROOM_PROBE;
      await writes.write(() => statements.fillRoom(bytes), { isDurable: false, bytes });
      await writes.write(() => statements.emptyRoom(), { isDurable: false });
    } catch (err) {
      logger.debug({ err }, 'closed before there was room');
    }
    isProbing = false;
  }

  function refuseWhenClosing(): void {
    if (closing !== undefined) throw unavailable('it is closed');
  }

  async function close(): Promise<void> {
    await Promise.all([...open].map((opened) => opened.close()));
    // Comes after all publishes under way.
    const last = writes.write(() => undefined, { isDurable: false });
    try {
      await within(health.current().state === 'up' ? timeoutMs : FAREWELL_TIMEOUT_MS, last);
    } catch (err) {
      logger.warn({ err }, 'the embedded queue is closed before everything was written');
    }
    clearInterval(prober);
    try {
      await log.close();
    } finally {
      writes.close();
      database.close();
      health.closed();
    }
  }

  function write(envelope: Envelope, publish: () => void, isDurable: boolean): Promise<void> {
    if (!isStorable(envelope))
      throw new RangeError('timestamp is a whole number from 0, and type not "batch"');
    const bytes = ROW_BYTES + envelope.body.byteLength;
    return writes.write(publish, { timeoutMs, bytes, isDurable });
  }

  function deleteQueue(name: string): Promise<void> {
    const remove = (): void => {
      publishing.write();
      statements.deleteQueue(name);
    };
    return writes.write(remove, { timeoutMs });
  }

  const bus: MessageBus = {
    kind: 'embedded',
    name: () => 'embedded',

    declareAgentQueue: (agentId) =>
      writes.write(() => void statements.declareQueue(agentQueue(agentId)), { timeoutMs }),

    deleteAgentQueue: (agentId) => deleteQueue(agentQueue(agentId)),

    async publish(queue, envelope, { followsDelivery = false } = {}) {
      await write(envelope, () => publishing.publish(queue, envelope), !followsDelivery);
    },

    declareChannelQueue: (group, bindings) =>
      writes.write(
        () => {
          const queue = channelQueue(group);
          statements.declareQueue(queue);
          for (const { channel, type } of bindings) statements.bind(channel, type, queue);
        },
        { timeoutMs },
      ),

    deleteChannelQueue: (group) => deleteQueue(channelQueue(group)),

    async publishEvent(channel, eventType, envelope) {
      await write(envelope, () => publishing.publishEvent(channel, eventType, envelope), true);
    },

    async consume(queue, handler, { prefetch, onlyDurable = false }) {
      refuseWhenClosing();
      if (!Number.isInteger(prefetch) || prefetch < 1)
        throw new RangeError('prefetch is a whole number from 1');
      const subscription: Subscription = createSubscription(
        { writes, statements, settlement, claiming, retryDelay, timeoutMs, logger },
        { queue, handler, prefetch, onlyDurable, onClosed: () => open.delete(subscription) },
      );
      open.add(subscription);
      try {
        await subscription.resume();
        return subscription;
      } catch (error) {
        await subscription.close();
        throw error;
      }
    },

    signal(signal) {
      if (closing === undefined) signals.send(signal);
    },

    async subscribe(name, listener) {
      refuseWhenClosing();
      const subscription = signals.subscribe(name, listener, () => open.delete(subscription));
      open.add(subscription);
      return subscription;
    },

    async depths() {
      refuseWhenClosing();
      writes.flush();
      try {
        return statements
          .depths()
          .map((depth) => ({ ...depth, consumers: claiming.consumersOf(depth.name) }));
      } catch (error) {
        throw unavailable(reasonOf(error), error);
      }
    },

    purge: (queue) =>
      writes.write(
        () => {
          if (statements.queueId(queue) === undefined) throw queueMissing(queue);
          publishing.write();
          return statements.purge(queue);
        },
        { timeoutMs },
      ),

    health: health.current,
    onHealth: health.onChange,

    close() {
      closing ??= close();
      return closing;
    },
  };

  const begin = (): void => {
    for (const name of Object.keys(PERMANENT_QUEUES)) statements.declareQueue(name);
    settlement.putBackAll();
  };
  try {
    await writes.write(begin, { timeoutMs });
    return bus;
  } catch (error) {
    await bus.close();
    throw error;
  }
}
