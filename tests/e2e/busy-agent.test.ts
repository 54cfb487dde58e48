import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogLine, ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const file = path.join(import.meta.dirname, 'agents/busy-agent.ts');
const HEARTBEAT_MS = 500;
const GRACE_MS = 500;
/** Beyond the agent's lease, the grace time, and the 10 s for which the embedded queue believes in a process that is silent. */
const COMPUTING_MS = 14_000;

describe.each(SYSTEM_KINDS)(
  'an agent whose handler computes for longer than its lease, with $kind',
  (kind) => {
    let system: ParleySystem;
    let client: RawClient;
    let runs: string;
    const agents: ParleyProcess[] = [];

    beforeAll(async () => {
      system = await startSystem({
        ...kind,
        agents: [],
        env: { HEARTBEAT_MS: String(HEARTBEAT_MS), AGENT_GRACE_MS: String(GRACE_MS) },
      });
      runs = path.join(system.dataDir, 'runs');
      client = await connectRaw(system.webSocketUrl);
    });
    afterAll(async () => {
      client?.terminate();
      await system?.stop();
    });

    it.each([1, 2])('answers once with %d of its kind', async (instances) => {
      agents.push(await system.startAgent({ file, env: { RUNS: runs } }));
      const id = sendText(client, String(COMPUTING_MS + instances), { target: { agentName: 'Busy' } });
      const status = await client.received(
        'message.status',
        (frame) => frame.messageId === id && ['answered', 'failed', 'dead_lettered'].includes(frame.status),
      );
      expect(status).toMatchObject({ status: 'answered' });
      await client.received('message', ({ message }) => message.inReplyTo === id);
      // With RabbitMQ the other instance gets it only when the first one's connection ends.
      const named = (line: LogLine): boolean =>
        String(line.msg).startsWith(`The handler of message ${id} held the process for `);
      await Promise.any(agents.map((agent) => agent.logged(named)));
      const replies = client.frames.filter(
        (frame) => frame.type === 'message' && frame.message.inReplyTo === id,
      );
      expect(replies).toHaveLength(1);
      const begun = (await readFile(runs, 'utf8'))
        .split('\n')
        .filter((line) => line === `${COMPUTING_MS + instances}`);
      expect(begun.length).toBeLessThanOrEqual(instances);
    });
  },
);
