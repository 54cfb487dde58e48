import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { agentQueue, BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { collectDeliveries, eventually, gate } from '../conformance/deliveries.ts';
import { envelopeOf, numbered } from '../conformance/envelopes.ts';
import type { MessageBus } from '../message-bus.ts';
import { type BusFolder, makeBusFolder } from './bus-folder.ts';
import type { BusProcessEvent } from './bus-process.ts';

/** The lease of tests in which one is lost; long enough for a busy machine not to lose another. */
const SHORT_LEASE_MS = 4_000;

const isDelivery = (event: BusProcessEvent): boolean => event.kind === 'delivered';
const textsOf = (events: readonly BusProcessEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'delivered' ? [event.text] : []));
const isDone =
  (order: string) =>
  (event: BusProcessEvent): boolean =>
    event.kind === 'done' && event.order === order;
const isLogged =
  (pattern: RegExp) =>
  (event: BusProcessEvent): boolean =>
    event.kind === 'logged' && pattern.test(event.message);

describe('embedded queue, several processes', () => {
  let folder: BusFolder;
  beforeEach(async () => {
    folder = await makeBusFolder();
  });
  afterEach(() => folder.remove());

  async function publishAll(bus: MessageBus, texts: string[]): Promise<void> {
    await Promise.all(texts.map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
  }

  async function depthOf(bus: MessageBus, queue: string): Promise<{ ready: number; unacknowledged: number }> {
    const depth = (await bus.depths()).find(({ name }) => name === queue);
    return { ready: depth?.ready ?? -1, unacknowledged: depth?.unacknowledged ?? -1 };
  }

  const isEmpty = (bus: MessageBus, queue: string): Promise<void> =>
    eventually(async () => expect(await depthOf(bus, queue)).toEqual({ ready: 0, unacknowledged: 0 }));

  it('shares a queue between two other processes, each message to one of them', async () => {
    const [bus, ...others] = await Promise.all([folder.open(), folder.start(), folder.start()]);
    for (const other of others) {
      other.order({ kind: 'consume', queue: SERVER_INPUT_QUEUE, prefetch: 5, way: 'finish' });
      await other.event(isDone('consume'));
    }
    const texts = numbered(1_000);
    await publishAll(bus, texts);
    const received = (): string[] => others.flatMap((other) => textsOf(other.events));
    // A thousand commits: on a busy machine they take their time.
    await eventually(() => expect(received()).toHaveLength(texts.length), 60_000);
    expect(received().sort()).toEqual([...texts].sort());
    await isEmpty(bus, SERVER_INPUT_QUEUE);
  });

  it('wakes a consumer in another process at once: a hundred round trips would take minutes by looking', async () => {
    const [bus, other] = await Promise.all([folder.open(), folder.start()]);
    await bus.declareAgentQueue('echo');
    other.order({ kind: 'consume', queue: agentQueue('echo'), prefetch: 1, way: 'echo' });
    await other.event(isDone('consume'));
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    for (const [index, text] of numbered(100).entries()) {
      await bus.publish(agentQueue('echo'), envelopeOf(text));
      await received.waitFor(index + 1);
    }
    expect(received.texts()).toEqual(numbered(100));
  });

  it('finds by itself what was put into the file without ringing', async () => {
    const bus = await folder.open();
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    // After this one is settled the consumer has looked, and waits.
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('rung'));
    await received.waitFor(1);
    await isEmpty(bus, SERVER_INPUT_QUEUE);
    const file = folder.look();
    file.exec(`
      BEGIN IMMEDIATE;
      INSERT INTO messages (queue_id) SELECT id FROM queues WHERE name = '${SERVER_INPUT_QUEUE}';
      INSERT INTO envelopes (id, message_id, type, timestamp, headers, body)
        VALUES (last_insert_rowid(), 'm-1', 'test', 0, '{}', CAST('quiet' AS BLOB));
      COMMIT;`);
    await received.waitFor(2);
    expect(received.texts()).toEqual(['rung', 'quiet']);
  });

  it('hands a waiting consumer at once what a killed process had in hand, whatever the lease', async () => {
    const [bus, other] = await Promise.all([
      folder.open({ leaseMs: 86_400_000 }),
      folder.start({ leaseMs: 86_400_000 }),
    ]);
    other.order({ kind: 'consume', queue: SERVER_INPUT_QUEUE, prefetch: 3, way: 'hold' });
    await other.event(isDone('consume'));
    await publishAll(bus, numbered(3));
    await other.count(3, isDelivery);
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
    other.signal('SIGKILL');
    await received.waitFor(3);
    expect(received.texts()).toEqual(numbered(3));
    expect(received.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1, 1]);
  });

  it('takes from a process that stands still beyond its lease, and fences it off when it wakes', async () => {
    const [bus, other] = await Promise.all([
      folder.open({ leaseMs: SHORT_LEASE_MS }),
      folder.start({ leaseMs: SHORT_LEASE_MS }),
    ]);
    other.order({ kind: 'consume', queue: SERVER_INPUT_QUEUE, prefetch: 3, way: 'hold' });
    await other.event(isDone('consume'));
    await publishAll(bus, numbered(3));
    await other.count(3, isDelivery);

    const finish = gate();
    const received = collectDeliveries(() => finish.opened);
    const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
    other.signal('SIGSTOP');
    await received.waitFor(3);
    expect(received.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1, 1]);

    other.signal('SIGCONT');
    await other.event(isLogged(/stood still beyond its lease/));
    other.order({ kind: 'finish' });
    await other.count(3, isLogged(/a handler ended after its message was taken from it/));
    // Its acknowledgements would have removed what this process has in hand.
    expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toEqual({ ready: 0, unacknowledged: 3 });

    // It registered again, and takes its share from here on.
    await subscription.pause();
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('after'));
    await other.count(4, isDelivery);
    expect(textsOf(other.events)).toEqual([...numbered(3), 'after']);
    finish.open();
  });

  it('does not let an acknowledgement count that was under way when the process was stopped', async () => {
    const [bus, other] = await Promise.all([
      folder.open({ leaseMs: SHORT_LEASE_MS }),
      folder.start({ leaseMs: SHORT_LEASE_MS }),
    ]);
    other.order({ kind: 'consume', queue: SERVER_INPUT_QUEUE, prefetch: 1, way: 'hold' });
    await other.event(isDone('consume'));
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('0'));
    await other.count(1, isDelivery);
    const finish = gate();
    const received = collectDeliveries(() => finish.opened);
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    other.signal('SIGSTOP');
    // Lies in its pipe until it wakes: it acknowledges before it knows that it was fenced off.
    other.order({ kind: 'finish' });
    await received.waitFor(1);
    other.signal('SIGCONT');
    await other.event(isLogged(/acknowledged too late|taken from it/));
    expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toEqual({ ready: 0, unacknowledged: 1 });
    finish.open();
  });

  it('passes the place of the active consumer on when its process stands still, and does not give it back', async () => {
    const [bus, other] = await Promise.all([
      folder.open({ leaseMs: SHORT_LEASE_MS }),
      folder.start({ leaseMs: SHORT_LEASE_MS }),
    ]);
    other.order({ kind: 'consume', queue: BROKER_INPUT_QUEUE, prefetch: 1, way: 'finish' });
    await other.event(isDone('consume'));
    const received = collectDeliveries();
    await bus.consume(BROKER_INPUT_QUEUE, received.handler, { prefetch: 10 });
    await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('first'));
    await other.count(1, isDelivery);
    await isEmpty(bus, BROKER_INPUT_QUEUE);
    other.signal('SIGSTOP');
    await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('second'));
    await received.waitFor(1);
    other.signal('SIGCONT');
    await other.event(isLogged(/stood still beyond its lease/));
    await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('third'));
    await received.waitFor(2);
    expect(received.texts()).toEqual(['second', 'third']);
  });

  it('keeps every confirmed message of a publisher killed in the middle of a burst, each once and in order', async () => {
    const [bus, other] = await Promise.all([folder.open(), folder.start()]);
    other.order({ kind: 'flood', queue: SERVER_INPUT_QUEUE });
    await other.count(500, ({ kind }) => kind === 'published');
    other.signal('SIGKILL');
    await other.ended;
    const confirmed = other.events.flatMap((event) => (event.kind === 'published' ? [event.number] : []));

    const { ready } = await depthOf(bus, SERVER_INPUT_QUEUE);
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 100 });
    await received.waitFor(ready);
    // The last ones may have been written without the publisher living to say so; nothing is missing in between.
    expect(ready).toBeGreaterThan(Math.max(...confirmed));
    expect(received.texts()).toEqual(numbered(ready));
    expect(folder.look().prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  });

  it('returns the messages of a process whose machine cannot be asked once its lease is over', async () => {
    const bus = await folder.open({ leaseMs: SHORT_LEASE_MS });
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('0'));
    folder.look().exec(`
      INSERT INTO instances (bus_key, machine, pid, process_start, address, secret)
        VALUES ('k', 'elsewhere/boot/pid:[1]', ${process.pid}, '', 'data:gone.sock', 's');
      UPDATE messages SET state = 1, owner = last_insert_rowid();`);
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await received.waitFor(1);
    expect(received.all[0]?.redeliveries).toBe(1);
    expect(folder.look().prepare('SELECT count(*) AS count FROM instances').get()).toEqual({ count: 1 });
  });

  it('lets a process end that only has a bus open, and keeps one that consumes', async () => {
    const [idle, consuming] = await Promise.all([folder.start(), folder.start()]);
    consuming.order({ kind: 'consume', queue: SERVER_INPUT_QUEUE, prefetch: 1, way: 'finish' });
    await consuming.event(isDone('consume'));
    consuming.order({ kind: 'forget-ipc' });
    idle.order({ kind: 'forget-ipc' });
    expect(await idle.ended).toEqual({ code: 0, signal: null });

    const bus = await folder.open();
    await eventually(async () => {
      const [depth] = (await bus.depths()).filter(({ name }) => name === SERVER_INPUT_QUEUE);
      expect(depth?.consumers).toBe(1);
    });
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('still there?'));
    await isEmpty(bus, SERVER_INPUT_QUEUE);
  });
});
