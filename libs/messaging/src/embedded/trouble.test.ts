import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BROKER_INPUT_QUEUE, DEAD_LETTER_QUEUE, HEADERS, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { collectDeliveries, eventually, gate } from '../../conformance/deliveries.ts';
import { envelopeOf, numbered } from '../../conformance/envelopes.ts';
import { type BusFolder, makeBusFolder } from '../../testing/bus-folder.ts';
import type { BusHealth, Envelope, MessageBus } from '../message-bus.ts';
import { openBusOn } from './embedded-bus.ts';
import { openQueueDatabase } from './queue-database.ts';

const large = (text: string): Envelope => envelopeOf(text, { headers: { filling: 'x'.repeat(60_000) } });

function reaches(bus: MessageBus, state: BusHealth['state']): Promise<BusHealth> {
  if (bus.health().state === state) return Promise.resolve(bus.health());
  return new Promise((resolve) => {
    bus.onHealth((health) => {
      if (health.state === state) resolve(health);
    });
  });
}

async function readyIn(bus: MessageBus, queue: string): Promise<number> {
  return (await bus.depths()).find(({ name }) => name === queue)?.ready ?? -1;
}

describe('embedded queue in trouble', () => {
  let folder: BusFolder;
  beforeEach(async () => {
    folder = await makeBusFolder();
  });
  afterEach(() => folder.remove());

  describe('without room in the file', () => {
    let database: DatabaseSync;
    let bus: MessageBus | undefined;
    // Past this SQLite reports the same error as for a full disk.
    const limitPages = (pages: number): void => database.exec(`PRAGMA max_page_count = ${pages}`);

    async function open(publishTimeoutMs: number): Promise<MessageBus> {
      database = await openQueueDatabase(folder.dataDir, 1_000, silentLogger);
      const { dataDir } = folder;
      bus = await openBusOn(database, { dataDir, logger: silentLogger, publishTimeoutMs, downAfterMs: 100 });
      return bus;
    }
    afterEach(() => bus?.close());

    it('takes the messages that fit and completes the rest in order, as acknowledgements make room', async () => {
      const full = await open(25_000);
      limitPages(120);
      const texts = numbered(30);
      const publishes = texts.map((text) => full.publish(SERVER_INPUT_QUEUE, large(text)));
      await publishes[0];
      expect((await reaches(full, 'down')).reason).toMatch(/disk is full/);
      const received = collectDeliveries();
      await full.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 2 });
      await Promise.all(publishes);
      await received.waitFor(texts.length);
      expect(received.texts()).toEqual(texts);
      await reaches(full, 'up');
    });

    it('fails a publish that finds no room in time, and is up again by itself when there is room', async () => {
      const full = await open(300);
      limitPages(60);
      const outcomes = await Promise.allSettled(
        numbered(10).map((text) => full.publish(SERVER_INPUT_QUEUE, large(text))),
      );
      const failed = outcomes.filter(({ status }) => status === 'rejected');
      expect(failed.length).toBeGreaterThan(0);
      for (const outcome of failed) expect(outcome).toMatchObject({ reason: { code: 'bus_unavailable' } });
      expect(await readyIn(full, SERVER_INPUT_QUEUE)).toBe(outcomes.length - failed.length);

      await reaches(full, 'down');
      limitPages(10_000);
      await reaches(full, 'up');
      await full.publish(SERVER_INPUT_QUEUE, large('again'));
    });
  });

  it('is opened by one process only, and says so to the next one', async () => {
    const bus = await folder.open();
    await expect(openQueueDatabase(folder.dataDir, 50, silentLogger)).rejects.toMatchObject({
      code: 'bus_unavailable',
      message: expect.stringMatching(/another process has this file.*set AMQP_URL/),
    });
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('still there'));
    expect(await readyIn(bus, SERVER_INPUT_QUEUE)).toBe(1);
  });

  it('is opened once the process that has the file lets go of it, and says that it waits', async () => {
    const before = await folder.open();
    const warnings: string[] = [];
    const isWaiting = gate();
    const logger = {
      ...silentLogger,
      warn: (_: object, message: string) => {
        warnings.push(message);
        isWaiting.open();
      },
    };
    const opening = folder.open({ logger, publishTimeoutMs: 20_000 });
    await isWaiting.opened;
    await before.close();
    expect((await opening).health()).toEqual({ state: 'up' });
    expect(warnings).toEqual([expect.stringMatching(/another process has this file/)]);
  });

  it('opens while a tool reads the file, once that is done', async () => {
    await (await folder.open()).close();
    const tool = new DatabaseSync(path.join(folder.dataDir, 'queue.sqlite'));
    tool.exec('BEGIN; SELECT * FROM messages');
    const opening = folder.open({ publishTimeoutMs: 20_000 });
    // It has tried by now, and would have failed if it did not wait.
    await setImmediate();
    tool.close();
    expect((await opening).health()).toEqual({ state: 'up' });
  });

  it('closes while a publish finds no room, failing the unwritten messages', async () => {
    const bus = await folder.open({ publishTimeoutMs: 20_000 });
    folder.look().exec('PRAGMA max_page_count = 60');
    const publishing = Promise.allSettled(
      numbered(10).map((text) => bus.publish(SERVER_INPUT_QUEUE, large(text))),
    );
    await reaches(bus, 'down');
    await bus.close();
    const outcomes = await publishing;
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const outcome of failed) expect(outcome).toMatchObject({ reason: { code: 'bus_unavailable' } });
    const ready = await readyIn(await folder.open(), SERVER_INPUT_QUEUE);
    expect(ready).toBe(outcomes.length - failed.length);
  });

  it('lets a message that cannot be stored fail alone', async () => {
    const bus = await folder.open();
    const outcomes = await Promise.allSettled([
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('good')),
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('bad', { timestamp: 0.5 })),
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('good too')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await received.waitFor(2);
    expect(received.texts()).toEqual(['good', 'good too']);
    expect(await readyIn(bus, DEAD_LETTER_QUEUE)).toBe(0);
  });

  it.each([
    ['without its envelope', 'DELETE FROM envelopes'],
    ['with headers that are no JSON', `UPDATE envelopes SET headers = 'oops'`],
    ['with headers that are no headers', `UPDATE envelopes SET headers = '{"a":[1]}'`],
    ['without a type', `UPDATE envelopes SET type = ''`],
  ])('puts a message %s among the dead letters, and goes on', async (_, damage) => {
    const bus = await folder.open();
    await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('damaged'));
    folder.look().exec(damage);
    await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('sound'));
    const [received, dead] = [collectDeliveries(), collectDeliveries()];
    await bus.consume(BROKER_INPUT_QUEUE, received.handler, { prefetch: 5 });
    await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 5 });
    await received.waitFor(1);
    const [letter] = await dead.waitFor(1);
    expect(received.texts()).toEqual(['sound']);
    expect(letter?.envelope.headers).toMatchObject({
      [HEADERS.deathReason]: 'malformed_message',
      [HEADERS.deathQueue]: BROKER_INPUT_QUEUE,
    });
    await eventually(async () => expect(await readyIn(bus, BROKER_INPUT_QUEUE)).toBe(0));
  });

  it.each([
    ['no database', 'this is not SQLite'.repeat(100), /no SQLite database/],
    ['a folder that is a file', undefined, /ENOTDIR|EEXIST/],
  ])('refuses %s with one clear error', async (_, content, reason) => {
    const file = path.join(folder.dataDir, 'queue.sqlite');
    writeFileSync(file, content ?? '');
    const dataDir = content === undefined ? path.join(file, 'below') : folder.dataDir;
    await expect(openQueueDatabase(dataDir, 1_000, silentLogger)).rejects.toMatchObject({
      code: 'bus_unavailable',
      message: expect.stringMatching(reason),
    });
  });

  it('keeps what it makes from everybody else', async () => {
    const dataDir = path.join(folder.dataDir, 'own');
    const database = await openQueueDatabase(dataDir, 1_000, silentLogger);
    for (const name of readdirSync(dataDir))
      expect([name, (statSync(path.join(dataDir, name)).mode & 0o077).toString(8)]).toEqual([name, '0']);
    expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700');
    database.close();
  });

  it('refuses a file that a newer version has made', async () => {
    const bus = await folder.open();
    folder.look().exec('PRAGMA user_version = 99');
    await bus.close();
    await expect(folder.open()).rejects.toMatchObject({ message: expect.stringMatching(/version 99/) });
  });
});
