import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BROKER_INPUT_QUEUE, DEAD_LETTER_QUEUE, HEADERS, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { collectDeliveries, eventually } from '../conformance/deliveries.ts';
import { envelopeOf, numbered } from '../conformance/envelopes.ts';
import type { BusHealth, Envelope, MessageBus } from '../message-bus.ts';
import { type BusFolder, makeBusFolder } from './bus-folder.ts';
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
    // Past this SQLite reports what it reports for a full disk.
    const limitPages = (pages: number): void => database.exec(`PRAGMA max_page_count = ${pages}`);

    async function open(publishTimeoutMs: number): Promise<MessageBus> {
      database = await openQueueDatabase(folder.dataDir, 1_000);
      const { dataDir } = folder;
      bus = await openBusOn(database, { dataDir, logger: silentLogger, publishTimeoutMs, downAfterMs: 100 });
      return bus;
    }
    afterEach(() => bus?.close());

    it('takes what fits and completes the rest in order, as acknowledgements make room', async () => {
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

  it('waits for a process that holds the file, says so, and goes on in order', async () => {
    const bus = await folder.open({ downAfterMs: 100, publishTimeoutMs: 20_000 });
    const other = folder.look();
    other.exec('BEGIN IMMEDIATE');
    const texts = numbered(20);
    const publishes = texts.map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text)));
    expect((await reaches(bus, 'down')).reason).toMatch(/another process holds/);
    other.exec('ROLLBACK');
    await Promise.all(publishes);
    await reaches(bus, 'up');
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 5 });
    await received.waitFor(texts.length);
    expect(received.texts()).toEqual(texts);
  });

  it('fails with bus_unavailable what a held file lets through too late, and has not written it', async () => {
    const bus = await folder.open({ publishTimeoutMs: 100 });
    const other = folder.look();
    other.exec('BEGIN IMMEDIATE');
    await expect(bus.publish(SERVER_INPUT_QUEUE, envelopeOf('late'))).rejects.toMatchObject({
      code: 'bus_unavailable',
    });
    other.exec('ROLLBACK');
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('next'));
    expect(await readyIn(bus, SERVER_INPUT_QUEUE)).toBe(1);
  });

  it('closes while another process holds the file, failing what was not written', async () => {
    const bus = await folder.open({ publishTimeoutMs: 200 });
    const received = collectDeliveries(() => new Promise(() => undefined));
    const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('in hand'));
    await received.waitFor(1);
    const other = folder.look();
    other.exec('BEGIN IMMEDIATE');
    const publish = bus.publish(SERVER_INPUT_QUEUE, envelopeOf('late'));
    const closing = subscription.close({ timeoutMs: 10 }).then(() => bus.close());
    await expect(publish).rejects.toMatchObject({ code: 'bus_unavailable' });
    await closing;
    expect(bus.health().state).toBe('down');
    other.exec('ROLLBACK');
    expect(await readyIn(await folder.open(), SERVER_INPUT_QUEUE)).toBe(0);
  });

  it('opens once the process that holds the file lets go of it', async () => {
    const other = folder.look();
    other.exec('BEGIN EXCLUSIVE; CREATE TABLE something (x)');
    const opening = folder.open();
    // It has tried by now, and would have failed if it did not wait.
    await setImmediate();
    other.exec('ROLLBACK');
    expect((await opening).health()).toEqual({ state: 'up' });
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
    await expect(openQueueDatabase(dataDir, 1_000)).rejects.toMatchObject({
      code: 'bus_unavailable',
      message: expect.stringMatching(reason),
    });
  });

  it('keeps what it makes from everybody else', async () => {
    const dataDir = path.join(folder.dataDir, 'own');
    const database = await openQueueDatabase(dataDir, 1_000);
    for (const name of readdirSync(dataDir))
      expect([name, (statSync(path.join(dataDir, name)).mode & 0o077).toString(8)]).toEqual([name, '0']);
    expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700');
    database.close();
  });

  it('refuses a file that a newer version has made', async () => {
    await (await folder.open()).close();
    folder.look().exec('PRAGMA user_version = 99');
    await expect(folder.open()).rejects.toMatchObject({ message: expect.stringMatching(/version 99/) });
  });
});
