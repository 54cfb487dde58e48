import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { AgentStatus, newId } from '@parley/shared-models';
import { z } from 'zod';
import { type Load, startLoad } from '../faults/load.ts';
import { createSeededRandom } from '../faults/seeded-random.ts';
import { isClean, judge } from '../faults/verdict.ts';
import type { ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, sendText } from '../harness/raw-client.ts';

const gateFile = path.join(import.meta.dirname, 'agents/gate-agent.ts');
const stubbornFile = path.join(import.meta.dirname, 'agents/stubborn-agent.ts');

/** An agent that is given time to finish, also on a busy machine. */
const patient = { file: gateFile, id: 'gate', env: { DRAIN_TIMEOUT_MS: '15000' } };

/** Three processes end and start again; on a busy machine each takes its time. */
const BUSY_MS = 300_000;

describe.each(SYSTEM_KINDS)('a process that is told to end, with $kind', (kind) => {
  let system: ParleySystem;
  let load: Load | undefined;

  beforeAll(async () => {
    system = await startSystem({
      ...kind,
      agents: [patient],
      // The agent is expected back for as long as a busy machine may take to start it.
      env: { DRAIN_TIMEOUT_MS: '1000', RATE_LIMIT: 'off', LOG_LEVEL: 'info', AGENT_GRACE_MS: '90000' },
    });
  });
  afterAll(async () => {
    await load?.close();
    await system?.stop();
  });

  const complaints = (process: ParleyProcess): string[] => [
    ...process.log.filter(({ level }) => level === 'error' || level === 'fatal').map(({ msg }) => msg),
    ...process.output.split('\n').filter((line) => line !== ''),
  ];

  const lastSeenOf = async (agentId: string): Promise<string> => {
    const response = await fetch(`${system.url}/api/agents`);
    const { agents } = z.object({ agents: z.array(AgentStatus) }).parse(await response.json());
    return agents.find((agent) => agent.agentId === agentId)?.lastSeen ?? '';
  };

  it(
    'under traffic ends with exit code 0, and nobody loses a message or sees an error',
    async () => {
      const traffic = startLoad({
        url: system.url,
        random: createSeededRandom(3),
        clients: 4,
        conversationsPerClient: 1,
        everyMs: 100,
      });
      load = traffic;
      await traffic.probe(60_000);
      const writtenBy = () => traffic.records.reduce((sum, { written }) => sum + written.length, 0);
      const [agent] = system.agents;
      const rolls: [ParleyProcess | undefined, () => Promise<unknown>][] = [
        [system.broker, () => system.startBroker()],
        [agent, () => system.startAgent(patient)],
        [system.server, () => system.startServer()],
      ];
      for (const [process, startAgain] of rolls) {
        if (process === undefined) throw new Error('it was not started');
        expect(await process.terminate()).toBe(0);
        expect(complaints(process)).toEqual([]);
        // However soon it ended: people go on to write while it is away.
        const before = writtenBy();
        await eventually(async () => expect(writtenBy()).toBeGreaterThan(before));
        await startAgain();
        await traffic.probe(60_000);
      }
      await traffic.finish(60_000);
      const verdict = await judge(traffic, system.url, 60_000);
      expect(isClean(verdict) ? 'clean' : verdict).toBe('clean');
      expect(verdict.failed).toEqual({});
      expect(verdict.answered).toBe(verdict.written);
    },
    BUSY_MS,
  );

  it('finishes the answer that it has in hand before it ends', async () => {
    const client = await connectRaw(system.webSocketUrl);
    try {
      const gate = path.join(system.dataDir, 'gate');
      const agent = system.agents.at(-1);
      const id = sendText(client, `wait for ${gate}`, { target: { agentId: 'gate' } });
      await agent?.logged((line) => line.msg === 'waiting at the gate' && line.messageId === id);
      const ended = agent?.terminate();
      await client.received('agents', ({ agents }) =>
        agents.some(({ agentId, state }) => agentId === 'gate' && state === 'draining'),
      );
      // It stays for its answer: heartbeats go on to come.
      const first = await lastSeenOf('gate');
      while (agent?.isRunning && (await lastSeenOf('gate')) <= first) await delay(100);
      await writeFile(gate, '');
      expect(await ended).toBe(0);
      const { message } = await client.received('message', (frame) => frame.message.inReplyTo === id);
      expect(message).toMatchObject({ kind: 'REPLY', text: `gate: wait for ${gate}` });
    } finally {
      client.terminate();
    }
  });

  it('does not wait for an agent that never finishes, and leaves its message to another one', async () => {
    const client = await connectRaw(system.webSocketUrl);
    try {
      const stubborn = await system.startAgent({ file: stubbornFile, id: 'tired' });
      const id = sendText(client, 'wake up', { conversationId: newId(), target: { agentId: 'tired' } });
      await stubborn.logged((line) => line.msg === 'it has begun' && line.messageId === id);
      // Beyond the drain time and its grace it would be ended by force, with 1.
      expect(await stubborn.terminate()).toBe(0);
      await system.startAgent({ file: stubbornFile, id: 'tired', env: { LABEL: 'fresh' } });
      const { message } = await client.received('message', (frame) => frame.message.inReplyTo === id);
      expect(message).toMatchObject({ kind: 'REPLY', text: 'fresh: wake up' });
    } finally {
      client.terminate();
    }
  });
});
