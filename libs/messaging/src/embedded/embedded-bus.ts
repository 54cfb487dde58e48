import type { DatabaseSync } from 'node:sqlite';
import { agentQueue, channelQueue } from '@parley/shared-models';
import { within } from '@parley/sqlite';
import { DEFAULT_PUBLISH_TIMEOUT_MS, DEFAULT_RETRY_DELAY } from '../bus-options.ts';
import type { Envelope, MessageBus, Subscription } from '../message-bus.ts';
import { PERMANENT_QUEUES } from '../topology.ts';
import type { EmbeddedBusOptions } from './embedded-options.ts';
import { createEngine, type Engine, queueTopic, signalTopic } from './engine.ts';
import { reasonOf } from './failure-reason.ts';
import { queueMissing } from './publishing.ts';
import { openQueueDatabase } from './queue-database.ts';
import { isStorable } from './statements.ts';
import { createSubscription } from './subscription.ts';
import { unavailable } from './write-groups.ts';

/** For what a closing bus still writes while the disk is in trouble. */
const FAREWELL_TIMEOUT_MS = 2_000;

/** What a message takes besides its body, about. */
const ROW_BYTES = 1_000;

/** Before it consumes, a bus clears away the dead, so that their messages come in their place. */
const CLEARING_TIMEOUT_MS = 1_000;

/**
 * Opens the durable queue in `<dataDir>/queue.sqlite`, which any number of processes of one machine may share.
 * A process that is killed holds up nobody. One that is stopped in the very middle of a write holds the file until it
 * goes on: nobody can take SQLite's lock from it, so the others wait, and their `health()` says so.
 * @throws ParleyError `bus_unavailable` when the file cannot be opened or written within `publishTimeoutMs`
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<MessageBus> {
  const timeoutMs = options.publishTimeoutMs ?? DEFAULT_PUBLISH_TIMEOUT_MS;
  return openBusOn(await openQueueDatabase(options.dataDir, timeoutMs), options);
}

/** The same on a file that is open already; the bus closes it. */
export async function openBusOn(database: DatabaseSync, options: EmbeddedBusOptions): Promise<MessageBus> {
  const timeoutMs = options.publishTimeoutMs ?? DEFAULT_PUBLISH_TIMEOUT_MS;
  const engine = createEngine(database, options);
  const bus = createBus(database, engine, { ...options, publishTimeoutMs: timeoutMs });
  try {
    await engine.listen();
    await engine.writes.write(() => declarePermanentQueues(engine), { timeoutMs });
    await engine.caretaker.look();
    engine.caretaker.start();
    return bus;
  } catch (error) {
    await bus.close();
    throw error;
  }
}

function declarePermanentQueues({ statements }: Engine): void {
  for (const [name, { singleActiveConsumer = false }] of Object.entries(PERMANENT_QUEUES)) {
    statements.declareQueue(name, singleActiveConsumer ? 1 : 0);
  }
}

interface Closable {
  close(): Promise<void>;
}

function createBus(
  database: DatabaseSync,
  engine: Engine,
  {
    publishTimeoutMs: timeoutMs,
    retryDelay = DEFAULT_RETRY_DELAY,
    logger,
  }: EmbeddedBusOptions & { publishTimeoutMs: number },
): MessageBus {
  const { statements, writes, health, publishing, membership, caretaker, signals, mesh, log } = engine;
  const open = new Set<Closable>();
  let closing: Promise<void> | undefined;

  /** While something is open the process stays alive, and the bus closes it when it closes. */
  function keep<T extends Closable>(opened: T): T {
    open.add(opened);
    caretaker.keepProcess(true);
    return opened;
  }

  function refuseWhenClosing(): void {
    if (closing !== undefined) throw unavailable('it is closed');
  }

  function release(closed: Closable): void {
    open.delete(closed);
    caretaker.keepProcess(open.size > 0);
  }

  async function clearAwayTheDead(): Promise<void> {
    try {
      await within(CLEARING_TIMEOUT_MS, caretaker.look());
    } catch (err) {
      logger.debug({ err }, 'could not look for dead processes before consuming');
    }
  }

  async function close(): Promise<void> {
    await Promise.all([...open].map((opened) => opened.close()));
    // Comes after all publishes under way.
    const leaving = writes.write(membership.leave, { isDurable: false });
    try {
      await within(health.current().state === 'up' ? timeoutMs : FAREWELL_TIMEOUT_MS, leaving);
    } catch (err) {
      logger.warn({ err }, 'left without a word: other processes will find out');
    }
    caretaker.stop();
    await mesh.close();
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

  return {
    kind: 'embedded',

    declareAgentQueue: (agentId) =>
      writes.write(() => void statements.declareQueue(agentQueue(agentId), 0), { timeoutMs }),

    deleteAgentQueue: (agentId) => deleteQueue(agentQueue(agentId)),

    async publish(queue, envelope, { followsDelivery = false } = {}) {
      await write(envelope, () => publishing.publish(queue, envelope), !followsDelivery);
    },

    declareChannelQueue: (group, bindings) =>
      writes.write(
        () => {
          const queue = channelQueue(group);
          statements.declareQueue(queue, 0);
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
      const subscription: Subscription = keep(
        createSubscription(
          { ...engine, retryDelay, timeoutMs, logger },
          {
            queue,
            handler,
            prefetch,
            onlyDurable,
            onClosed: () => {
              mesh.withdraw(queueTopic(queue));
              release(subscription);
            },
          },
        ),
      );
      try {
        await Promise.all([mesh.announce(queueTopic(queue)), clearAwayTheDead()]);
        await subscription.resume();
        return subscription;
      } catch (error) {
        await subscription.close();
        throw error;
      }
    },

    signal(signal) {
      if (closing !== undefined) return;
      signals.send(signal);
      mesh.post(signalTopic(signal.key), signal.type, signal.body);
    },

    async subscribe(name, listener) {
      refuseWhenClosing();
      const subscription = keep(signals.subscribe(name, listener, () => release(subscription)));
      return subscription;
    },

    async depths() {
      writes.flush();
      try {
        return statements.depths().map((depth) => ({ ...depth }));
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
}
