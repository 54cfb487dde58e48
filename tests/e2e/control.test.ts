import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { agentQueue, newId } from '@parley/shared-models';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const HEARTBEAT_MS = 500;

describe.each(SYSTEM_KINDS)('control of agents and queues, over $kind', ({ driver, hasPostgres }) => {
  let system: ParleySystem;
  let client: RawClient;
  beforeAll(async () => {
    system = await startSystem({ driver, hasPostgres, env: { HEARTBEAT_MS: String(HEARTBEAT_MS) } });
    client = await connectRaw(system.webSocketUrl);
  }, 180_000);
  afterAll(() => system?.stop());

  const api = () => createHttpApi({ url: system.url });
  const control = (action: string): void => client.send({ type: 'agent.control', agentId: 'echo', action });
  const isIn = (state: string): Promise<void> =>
    eventually(async () => {
      const found = (await api().agents()).agents.find(({ agentId }) => agentId === 'echo');
      if (found?.state !== state) throw new Error(`it is ${found?.state}`);
    });

  it('resets the queues: says how many messages went, and ends their requests with the reason', async () => {
    control('pause');
    // The server says so at once; the agent takes messages until it has heard of it.
    await isIn('paused');
    const [echo] = system.agents;
    await echo?.logged(({ msg, to }) => msg === 'the server changed the state' && to === 'paused');
    const conversationId = newId();
    const ids = await Promise.all(
      [1, 2, 3].map((number) =>
        sendText(client, `${number}`, { conversationId, target: { agentId: 'echo' } }),
      ),
    );
    await eventually(async () => {
      const queue = (await api().queues()).queues.find(({ name }) => name === agentQueue('echo'));
      if (queue?.ready !== 3) throw new Error(`${queue?.ready} wait`);
    });
    client.send({ type: 'queues.reset', confirm: true });
    const reset = await client.received('queues.reset');
    expect(reset).toMatchObject({ removed: 3, failed: 3 });
    expect(reset.queues).toContainEqual({ name: agentQueue('echo'), removed: 3 });
    for (const id of ids) {
      const { error } = await client.received(
        'message.status',
        (frame) => frame.messageId === id && frame.status === 'failed',
      );
      expect(error?.code).toBe('queue_reset');
    }
    const { messages } = await api().messages(conversationId);
    expect(messages.filter(({ kind }) => kind === 'ERROR')).toHaveLength(3);
    const { entries } = await api().audit({ action: 'queues.reset' });
    expect(entries).toMatchObject([{ actor: { id: 'local' }, details: { removed: 3, failed: 3 } }]);

    control('resume');
    await isIn('online');
    const later = await sendText(client, 'later', { conversationId });
    await client.received(
      'message.status',
      (frame) => frame.messageId === later && frame.status === 'answered',
    );
    const after = await api().messages(conversationId);
    expect(after.messages.filter(({ kind }) => kind === 'REPLY').map(({ text }) => text)).toEqual(['later']);
  });

  it('resets nothing without the confirmation', async () => {
    client.send({ type: 'queues.reset', confirm: false });
    const { details } = await client.received('error', ({ code }) => code === 'invalid_frame');
    expect(details).toEqual({ path: 'confirm' });
  });

  it('deregisters an agent and registers it again', async () => {
    control('deregister');
    await isIn('offline');
    // It goes on with its heartbeats meanwhile.
    const lastSeen = async (): Promise<number> =>
      Date.parse((await api().agents()).agents.find(({ agentId }) => agentId === 'echo')?.lastSeen ?? '');
    const since = await lastSeen();
    await eventually(async () => expect((await lastSeen()) - since).toBeGreaterThan(2 * HEARTBEAT_MS));
    control('reregister');
    await isIn('online');
    const id = await sendText(client, 'back', { conversationId: newId() });
    await client.received('message.status', (frame) => frame.messageId === id && frame.status === 'answered');
    await eventually(async () => {
      const { entries } = await api().audit({ agentId: 'echo' });
      expect(entries.map(({ action }) => action).toReversed()).toEqual([
        'agent.registered',
        'agent.pause',
        'agent.resume',
        'agent.deregister',
        'agent.reregister',
      ]);
    });
  });
});
