import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { AgentStatus, type ChatMessage, newId } from '@parley/shared-models';
import { z } from 'zod';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const AgentList = z.object({ agents: z.array(AgentStatus) });
const file = path.join(import.meta.dirname, 'agents/context-agent.ts');

describe.each(SYSTEM_KINDS)('what an agent is given, on $kind', ({ driver, hasPostgres }) => {
  let system: ParleySystem;
  let client: RawClient;
  const names = ['Alpha', 'Beta', 'Gamma'];

  beforeAll(async () => {
    system = await startSystem({
      driver,
      hasPostgres,
      agents: names.map((name) => ({ file, name })),
      // A busy machine may take long to start an agent again.
      env: { AGENT_GRACE_MS: '60000' },
    });
    client = await connectRaw(system.webSocketUrl);
  }, 180_000);
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const send = (text: string, agentName = 'Alpha', more: object = {}): string =>
    sendText(client, text, { target: { agentName }, ...more });
  const answerTo = async (id: string): Promise<ChatMessage> =>
    (await client.received('message', ({ message }) => message.inReplyTo === id)).message;
  const say = async (text: string, agentName?: string, more?: object): Promise<string> =>
    (await answerTo(send(text, agentName, more))).text;
  const loadOf = async (name: string): Promise<number | undefined> => {
    const { agents } = AgentList.parse(await (await fetch(`${system.url}/api/agents`)).json());
    return agents.find(({ agentName }) => agentName === name)?.load;
  };
  const agentNamed = (name: string) => {
    const agent = system.agents.findLast(({ log }) => log.some((line) => line.agent === name));
    if (agent === undefined) throw new Error(`${name} does not run`);
    return agent;
  };

  it('remembers a person from one conversation to the next, each agent for itself', async () => {
    expect(await say('remember milk')).toBe('noted: milk');
    expect(await say('remember eggs')).toBe('noted: milk, eggs');
    expect(await say('recall')).toBe('You: milk, eggs');
    expect(await say('recall', 'Beta')).toBe('You: nothing');
  });

  it('changes memory once for a message, also when the process dies half-way', async () => {
    const id = send('remember-and-die bread', 'Gamma');
    await agentNamed('Gamma').exited;
    await system.startAgent({ file, name: 'Gamma' });
    expect((await answerTo(id)).text).toBe('noted: bread');
    expect(await say('recall', 'Gamma')).toBe('You: bread');
  }, 180_000);

  it('gives what was said before in the conversation, oldest first', async () => {
    const first = send('nonsense');
    await answerTo(first);
    const { conversationId } = await client.received('ack', (frame) => frame.id === first);
    expect(await say('history', 'Alpha', { conversationId })).toBe(
      'You: nonsense\nAlpha: I do not understand "nonsense".',
    );
    expect(await say('history 1', 'Beta', { conversationId })).toMatch(/^Alpha: You: nonsense/);
    expect(await say('history')).toBe('nothing');
  });

  it('lets an agent ask another one, on behalf of the same person', async () => {
    await say('remember cheese', 'Beta');
    expect(await say('ask Beta recall')).toMatch(/^Beta says: You: .*cheese/);
    expect(await say('ask Beta ask Gamma history')).toBe('Beta says: Gamma says: nothing');
  });

  it('asks once, also when the process dies half-way', async () => {
    const before = (await say('recall', 'Beta')).split(', ').length;
    const id = send('ask-and-die Beta remember wine', 'Gamma');
    await agentNamed('Gamma').exited;
    await system.startAgent({ file, name: 'Gamma' });
    expect((await answerTo(id)).text).toMatch(/^Beta says: noted: .*wine$/);
    expect((await say('recall', 'Beta')).split(', ').length).toBeLessThanOrEqual(before + 1);
    expect((await say('recall', 'Beta')).match(/wine/g)).toHaveLength(1);
  }, 180_000);

  it('refuses to ask in a circle', async () => {
    const message = await answerTo(send('ask Beta ask Alpha recall'));
    expect(message).toMatchObject({ kind: 'ERROR', metadata: { code: 'ask_loop' } });
    expect(message.text).toContain('alpha → beta → alpha');
  });

  it('tells why a question was not answered', async () => {
    const message = await answerTo(send('ask Delta recall'));
    expect(message).toMatchObject({
      kind: 'ERROR',
      metadata: { code: expect.stringMatching(/^(unknown_agent|agent_offline)$/) },
    });
    expect(message.text).toContain('Delta');
  });

  it('stops the agent that was asked when the person stops the answer', async () => {
    const id = send('ask Beta never');
    await eventually(async () => expect(await loadOf('Beta')).toBeGreaterThan(0));
    client.send({ type: 'message.cancel', messageId: id });
    expect((await answerTo(id)).metadata).toMatchObject({ code: 'cancelled' });
    await eventually(async () => expect(await loadOf('Beta')).toBe(0));
  });

  it('stops both, however soon after the message, and wherever it and the question are by then', async () => {
    for (let waitMs = 0; waitMs < 60; waitMs += 5) {
      const id = send('ask Beta never');
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      client.send({ type: 'message.cancel', messageId: id });
      expect((await answerTo(id)).metadata).toMatchObject({ code: 'cancelled' });
    }
    for (const name of ['Alpha', 'Beta'])
      await eventually(async () => expect(await loadOf(name)).toBe(0), 30_000);
  });

  it('does not do what was stopped while its process was gone', async () => {
    const conversationId = newId();
    const delivered = (id: string) =>
      client.received(
        'message.status',
        ({ messageId, status }) => messageId === id && status === 'delivered',
      );
    const [busy, stopped] = ['never', 'remember poison'].map((text) =>
      send(text, 'Gamma', { conversationId }),
    );
    if (busy === undefined || stopped === undefined) throw new Error('nothing was sent');
    await Promise.all([delivered(busy), delivered(stopped)]);
    await agentNamed('Gamma').kill();
    client.send({ type: 'message.cancel', messageId: stopped });
    expect((await answerTo(stopped)).metadata).toMatchObject({ code: 'cancelled' });
    await system.startAgent({ file, name: 'Gamma' });
    client.send({ type: 'message.cancel', messageId: busy });
    await answerTo(busy);
    expect(await say('recall', 'Gamma', { conversationId })).not.toContain('poison');
  }, 180_000);
});
