import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTcpProxy } from '@parley/messaging/testing';
import { newId } from '@parley/shared-models';
import type { ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const file = path.join(import.meta.dirname, 'agents/gate-agent.ts');

describe.each(SYSTEM_KINDS)('an agent whose id another process takes over, with $kind', (kind) => {
  let system: ParleySystem;
  let client: RawClient;

  beforeAll(async () => {
    system = await startSystem({ ...kind, agents: [] });
    client = await connectRaw(system.webSocketUrl);
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const start = (id: string, label: string, env: Record<string, string> = {}): Promise<ParleyProcess> =>
    system.startAgent({ file, id, env: { LABEL: label, ...env } });
  /** Asks the agent with this id; resolves when the process has the message in hand. */
  const giveTo = async (process: ParleyProcess, agentId: string, text: string): Promise<string> => {
    const id = sendText(client, text, { conversationId: newId(), target: { agentId } });
    await process.logged((line) => line.msg === 'waiting at the gate' && line.messageId === id);
    return id;
  };
  const repliesTo = (id: string): string[] =>
    client.frames.flatMap((frame) =>
      frame.type === 'message' && frame.message.inReplyTo === id ? [frame.message.text] : [],
    );
  /** A state is told at once, a message perhaps only when the server has read what came before it. */
  const answered = (id: string) =>
    Promise.all([
      client.received('message.status', (frame) => frame.messageId === id && frame.status === 'answered'),
      client.received('message', ({ message }) => message.inReplyTo === id),
    ]);

  const takenOver = (agentId: string): string =>
    `Another process has taken over the agent id "${agentId}": this one stops.`;
  const reasonOf = (process: ParleyProcess): string[] =>
    process.log.filter((line) => line.level === 'fatal').map((line) => line.msg);

  it('stops with a clear line and exit code 1, and the new one answers what it had in hand, once', async () => {
    const gate = path.join(system.dataDir, 'first-gate');
    const old = await start('first', 'old');
    const id = await giveTo(old, 'first', `wait for ${gate}`);
    const next = await start('first', 'new');
    expect(await old.exited).toBe(1);
    expect(reasonOf(old)).toEqual([takenOver('first')]);
    await next.logged((line) => line.msg === 'waiting at the gate' && line.messageId === id);
    await writeFile(gate, '');
    await answered(id);
    expect(repliesTo(id)).toEqual([`new: wait for ${gate}`]);
    const status = client.frames.findLast((frame) => frame.type === 'agents');
    expect(status?.type === 'agents' && status.agents).toMatchObject([{ agentId: 'first', incarnation: 2 }]);
  });

  it('is refused with what it answers and with its heartbeats while it does not know of that yet', async () => {
    const gate = path.join(system.dataDir, 'second-gate');
    const proxy = await startTcpProxy(`grpc://${system.env.GRPC_URL}`);
    try {
      const old = await start('second', 'old', { GRPC_URL: new URL(proxy.url).host });
      const id = await giveTo(old, 'second', `wait for ${gate}`);
      // The server cannot tell it anything. On RabbitMQ it goes on with the queue; the server's own lies behind the same connection.
      proxy.stall();
      const next = await start('second', 'new');
      await writeFile(gate, '');
      if (kind.driver === 'rabbitmq') {
        await system.server.logged(
          (line) =>
            line.msg === 'what a replaced process sent was refused: chat.reply' && line.messageId === id,
        );
      }
      // Its heartbeat gets through, and is refused.
      proxy.flow();
      expect(await old.exited).toBe(1);
      expect(reasonOf(old)).toEqual([takenOver('second')]);

      await answered(id);
      expect(repliesTo(id)).toEqual([`new: wait for ${gate}`]);
      const alive = sendText(client, 'still there?', { target: { agentId: 'second' } });
      await answered(alive);
      expect(repliesTo(alive)).toEqual(['new: still there?']);
      expect(await next.terminate()).toBe(0);
    } finally {
      await proxy.close();
    }
  });
});
