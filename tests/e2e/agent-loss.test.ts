import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const file = path.join(import.meta.dirname, 'agents/gate-agent.ts');
const HEARTBEAT_MS = 3000;

describe.each(SYSTEM_KINDS)('an agent that is lost, with $kind', (kind) => {
  let system: ParleySystem;
  let client: RawClient;
  let agent: ParleyProcess;
  let gate: string;

  beforeAll(async () => {
    system = await startSystem({
      ...kind,
      agents: [],
      env: { HEARTBEAT_MS: String(HEARTBEAT_MS), AGENT_GRACE_MS: '2000' },
    });
    gate = path.join(system.dataDir, 'gate');
    client = await connectRaw(system.webSocketUrl);
    agent = await system.startAgent({ file, env: { LABEL: 'one' } });
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  /** The next change of the agent to this state, as the server logs it. */
  const nextState = async (agentId: string, state: string) => {
    const seen = new Set(system.server.log);
    return system.server.logged(
      (line) =>
        !seen.has(line) &&
        line.msg === 'an agent changed its state' &&
        line.agentId === agentId &&
        line.to === state,
    );
  };
  /** A state is told at once, a message perhaps only when the server has read what came before it. */
  const ended = async (id: string) => {
    const status = await client.received(
      'message.status',
      (frame) => frame.messageId === id && ['answered', 'failed', 'dead_lettered'].includes(frame.status),
    );
    await client.received('message', ({ message }) => message.inReplyTo === id);
    return status;
  };
  const repliesTo = (id: string): string[] =>
    client.frames.flatMap((frame) =>
      frame.type === 'message' && frame.message.inReplyTo === id ? [frame.message.text] : [],
    );

  it('is offline within two heartbeats of its last sign of life, though its connections are open', async () => {
    const offline = nextState('gate', 'offline');
    agent.signal('SIGSTOP');
    const line = await offline;
    const { agents } = await client.received('agents', (frame) =>
      frame.agents.some(({ agentId, state }) => agentId === 'gate' && state === 'offline'),
    );
    const silentForMs = Date.parse(String(line.time)) - Date.parse(agents[0]?.lastSeen ?? '');
    expect(silentForMs).toBeGreaterThanOrEqual(2 * HEARTBEAT_MS - 50);
    // A heartbeat more for a busy machine.
    expect(silentForMs).toBeLessThan(3 * HEARTBEAT_MS);

    const online = nextState('gate', 'online');
    agent.signal('SIGCONT');
    await online;
    const id = sendText(client, 'back again?');
    expect((await ended(id)).status).toBe('answered');
  });

  it('leaves what it had in hand and what waited for it to another instance of its group', async () => {
    const target = { agentName: 'Gate' };
    // Of one conversation, so that all but the first wait behind it.
    const conversationId = newId();
    const lastGate = path.join(system.dataDir, 'last-gate');
    const ids = [
      sendText(client, `wait for ${gate}`, { conversationId, target }),
      ...Array.from({ length: 8 }, (_, number) =>
        sendText(client, `number ${number}`, { conversationId, target }),
      ),
      // However far the first instance comes before it is killed: this one is left.
      sendText(client, `wait for ${lastGate}`, { conversationId, target }),
    ];
    await agent.logged((line) => line.msg === 'waiting at the gate' && line.messageId === ids[0]);
    await Promise.all(
      ids.map((id) =>
        client.received('message.status', (frame) => frame.messageId === id && frame.status === 'delivered'),
      ),
    );
    const other = await system.startAgent({ file, env: { LABEL: 'two' } });
    await writeFile(gate, '');
    await agent.kill();
    await writeFile(lastGate, '');
    for (const id of ids) expect((await ended(id)).status).toBe('answered');
    const replies = ids.map(repliesTo);
    expect(replies.every((texts) => texts.length === 1)).toBe(true);
    expect(replies.flat().filter((text) => text.startsWith('two: ')).length).toBeGreaterThan(0);
    agent = other;
  });

  it('alone, costs its senders an error with the reason after the grace time', async () => {
    const agentId = 'gate-2';
    await agent.kill();
    const [named, open] = [
      sendText(client, 'by its id', { target: { agentId } }),
      sendText(client, 'anybody'),
    ];
    const [statusOfNamed, statusOfOpen] = [await ended(named), await ended(open)];
    expect(statusOfNamed).toMatchObject({ status: 'failed', error: { code: 'agent_offline' } });
    expect(statusOfOpen).toMatchObject({ status: 'failed', error: { code: 'no_agent_online' } });
    for (const id of [named, open]) {
      const { message } = await client.received('message', (frame) => frame.message.inReplyTo === id);
      expect(message).toMatchObject({
        kind: 'ERROR',
        sender: { kind: 'system' },
        text: expect.stringMatching(/offline|online/),
      });
    }
  });
});
