import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { newId } from '@parley/shared-models';
import { type ParleySystem, QUEUE_DRIVERS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient } from '../harness/raw-client.ts';

const LISTENER = path.join(import.meta.dirname, 'agents/listener-agent.ts');

describe.each(QUEUE_DRIVERS)('an agent that subscribes to a channel with a past, over %s', (driver) => {
  let system: ParleySystem;
  let client: RawClient;

  beforeAll(async () => {
    system = await startSystem({ driver, agents: [] });
    client = await connectRaw(system.webSocketUrl);
    client.send({ type: 'channel.open', channel: 'human' });
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  async function publish(payload: string, type = 'note'): Promise<void> {
    const id = newId();
    client.send({ type: 'event.publish', channel: 'human', event: { id, type, payload } });
    await client.received('event.accepted', (frame) => frame.id === id);
  }

  const heard = (): unknown[] =>
    client.frames.flatMap((frame) =>
      frame.type === 'event' && frame.event.type === 'heard' ? [frame.event.payload] : [],
    );

  const hears = (note: string) =>
    client.received(
      'event',
      ({ event }) => event.type === 'heard' && (event.payload as { note: string }).note === note,
    );

  it('is given its last events of the wanted type, and what follows', async () => {
    for (const note of ['first', 'second', 'unbearable', 'third']) await publish(note);
    await publish('of another type', 'remark');
    await system.startAgent({ file: LISTENER, id: 'listener-1' });
    await Promise.all([hears('second'), hears('third')]);
    await publish('fourth');
    await hears('fourth');
    expect(heard()).toHaveLength(3);
  });

  it('finds an event of the past that it cannot handle among the dead letters', async () => {
    // It goes there by a queue of its own: what the agent has heard since may be known before.
    await eventually(async () => {
      const text = await (await fetch(`${system.url}/api/dead-letters`)).text();
      expect(text).toContain('unbearable');
      expect(text).toContain('not that one');
    });
  });

  it('gives the past to its group once: neither to another agent of it nor after a restart', async () => {
    const before = heard().length;
    await system.agents[0]?.kill();
    await system.startAgent({ file: LISTENER, id: 'listener-1' });
    await system.startAgent({ file: LISTENER, id: 'listener-2' });
    await publish('fifth');
    await hears('fifth');
    expect(heard()).toHaveLength(before + 1);
  });
});
