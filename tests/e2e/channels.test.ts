import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventThreadPage, newId } from '@parley/shared-models';
import { type ParleySystem, QUEUE_DRIVERS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient } from '../harness/raw-client.ts';
import { AUTH_SECRET, signToken } from '../harness/sign-token.ts';

describe.each(QUEUE_DRIVERS)('channels for people, over %s', (driver) => {
  let system: ParleySystem;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    system = await startSystem({ driver, agents: [], env: { AUTH_SECRET } });
  });
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await system?.stop();
  });

  async function connect(sub: string, role: string): Promise<RawClient> {
    const hello = { type: 'hello', clientName: 'test', token: await signToken(sub, role) };
    const client = await connectRaw(system.webSocketUrl, { hello });
    clients.push(client);
    return client;
  }

  const publish = (client: RawClient, payload: string, more: object = {}): string => {
    const id = newId();
    client.send({ type: 'event.publish', channel: 'human', event: { id, type: 'note', payload }, ...more });
    return id;
  };

  it('bring an event to who follows the channel, with its source and time', async () => {
    const [ada, olga] = [await connect('ada', 'member'), await connect('olga', 'operator')];
    for (const client of [ada, olga]) client.send({ type: 'channel.open', channel: 'human' });
    const id = publish(ada, 'hello');
    await ada.received('event.accepted', (frame) => frame.id === id);
    for (const client of [ada, olga]) {
      const { event } = await client.received('event', (frame) => frame.event.id === id);
      expect(event).toMatchObject({
        type: 'note',
        payload: 'hello',
        source: { kind: 'user', id: 'ada' },
        at: expect.stringMatching(/Z$/),
      });
    }
  });

  it('take an event that is sent again as the same one', async () => {
    const ada = await connect('ada', 'member');
    ada.send({ type: 'channel.open', channel: 'human' });
    const event = { id: newId(), type: 'note', payload: 'once' };
    for (let time = 0; time < 3; time++) ada.send({ type: 'event.publish', channel: 'human', event });
    const last = publish(ada, 'the last one');
    await ada.received('event', (frame) => frame.event.id === last);
    const seen = ada.frames.filter((frame) => frame.type === 'event' && frame.event.id === event.id);
    expect(seen).toHaveLength(1);
    const acknowledged = ada.frames.filter(
      (frame) => frame.type === 'event.accepted' && frame.id === event.id,
    );
    expect(acknowledged).toHaveLength(3);
  });

  it('show the last events to who comes later', async () => {
    const ada = await connect('ada', 'member');
    const ids = [publish(ada, '1'), publish(ada, '2'), publish(ada, '3')];
    await ada.received('event.accepted', (frame) => frame.id === ids[2]);
    const later = await connect('ada', 'member');
    later.send({ type: 'channel.open', channel: 'human', last: 2 });
    await later.received('event', (frame) => frame.event.id === ids[2]);
    const seen = later.frames.flatMap((frame) => (frame.type === 'event' ? [frame.event.id] : []));
    expect(seen).toEqual(ids.slice(1));
  });

  it('show people only what they began themselves, and operators all', async () => {
    const [ada, bob, olga] = [
      await connect('ada', 'member'),
      await connect('bob', 'member'),
      await connect('olga', 'operator'),
    ];
    for (const client of [bob, olga]) client.send({ type: 'channel.open', channel: 'human' });
    const hers = publish(ada, 'from Ada');
    const his = publish(bob, 'from Bob');
    await bob.received('event', (frame) => frame.event.id === his);
    await olga.received('event', (frame) => frame.event.id === his);
    expect(bob.frames.some((frame) => frame.type === 'event' && frame.event.id === hers)).toBe(false);
    await olga.received('event', (frame) => frame.event.id === hers);

    const list = async (sub: string, role: string): Promise<string[]> => {
      const headers = { authorization: `Bearer ${await signToken(sub, role)}` };
      const response = await fetch(`${system.url}/api/events?limit=500`, { headers });
      const { events } = (await response.json()) as { events: { event: { id: string } }[] };
      return events.map(({ event }) => event.id);
    };
    expect(await list('bob', 'member')).toContain(his);
    expect(await list('bob', 'member')).not.toContain(hers);
    expect(await list('olga', 'operator')).toEqual(expect.arrayContaining([hers, his]));
  });

  it("list people's own orders and events, however much others publish after them", async () => {
    const [dora, bob] = [await connect('dora', 'member'), await connect('bob', 'member')];
    const order = (client: RawClient, product: string): string => {
      const id = newId();
      const payload = { product, quantity: 1 };
      client.send({
        type: 'event.publish',
        channel: 'human',
        event: { id, type: 'order_requested', payload },
      });
      return id;
    };
    const hers = [order(dora, 'Laptop'), order(dora, 'Chair')];
    await dora.received('event.accepted', (frame) => frame.id === hers[1]);
    const his = order(bob, 'Desk');
    const last = publish(bob, 'and more');
    await bob.received('event.accepted', (frame) => frame.id === last);

    const get = async (sub: string, role: string, path: string): Promise<unknown> => {
      const headers = { authorization: `Bearer ${await signToken(sub, role)}` };
      return (await fetch(`${system.url}${path}`, { headers })).json();
    };
    expect(await get('dora', 'member', '/api/events?limit=1')).toMatchObject({
      events: [{ event: { id: hers[1] } }],
    });
    const threads = async (sub: string, role: string, query: string) =>
      EventThreadPage.parse(await get(sub, role, `/api/event-threads?type=order_requested&${query}`));
    const page = await threads('dora', 'member', 'limit=1');
    expect(page).toMatchObject({
      threads: [[{ event: { id: hers[1], payload: { product: 'Chair' }, source: { name: 'dora' } } }]],
      hasMore: true,
    });
    const rest = await threads('dora', 'member', `before=${page.threads[0]?.[0]?.number}`);
    expect(rest).toMatchObject({ threads: [[{ event: { id: hers[0] } }]], hasMore: false });
    expect(await threads('olga', 'operator', 'limit=2')).toMatchObject({
      threads: [[{ event: { id: his } }], [{ event: { id: hers[1] } }]],
    });
  });

  it('keep the channel of agents to operators', async () => {
    const ada = await connect('ada', 'member');
    const id = newId();
    ada.send({ type: 'event.publish', channel: 'agents', event: { id, type: 'note', payload: 1 } });
    expect(await ada.received('error')).toMatchObject({ code: 'forbidden' });
    ada.send({ type: 'channel.open', channel: 'agents' });
    ada.send({ type: 'ping' });
    await ada.received('pong');
    expect(ada.frames.filter((frame) => frame.type === 'error')).toHaveLength(2);
  });
});
