import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { type ChatMessage, type CommandState, isFinalCommandState, newId } from '@parley/shared-models';
import { FOREIGN_AGENTS } from '../harness/foreign-agents.ts';
import type { ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, QUEUE_DRIVERS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const KINDS = FOREIGN_AGENTS.flatMap((agent) => QUEUE_DRIVERS.map((driver) => ({ ...agent, driver })));

for (const { name, missing, build, driver } of KINDS) {
  const title = `an agent in another language: ${name}, over ${driver}`;
  (missing === undefined ? describe : describe.skip)(
    `${title}${missing ? ` (skipped: ${missing})` : ''}`,
    () => {
      let folder: string;
      let start: Awaited<ReturnType<typeof build>>;
      let system: ParleySystem;
      let client: RawClient;
      let agent: ParleyProcess | undefined;
      let agentId: string;

      beforeAll(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), 'parley-foreign-'));
        [start, system] = await Promise.all([
          build(folder),
          // A busy machine may take long to start an agent again.
          startSystem({ driver, agents: [{ use: 'echo' }], env: { AGENT_GRACE_MS: '60000' } }),
        ]);
      }, 240_000);
      afterAll(async () => {
        await agent?.kill();
        await system?.stop();
        await rm(folder, { recursive: true, force: true });
      });
      beforeEach(async () => {
        client = await connectRaw(system.webSocketUrl);
        if (agent?.isRunning !== true) await startAgent();
      });
      afterEach(() => client?.terminate());

      const stateOf = async () =>
        (await createHttpApi({ url: system.url }).agents()).agents.find((each) => each.agentId === agentId);
      /** Its id, when the server has registered it. @param from in the server's log: what was known before may be of another process */
      const registered = (from = 0): Promise<string> =>
        eventually(() => {
          const line = system.server.log
            .slice(from)
            .findLast((each) => each.msg === 'registered' && each.agent === name);
          if (line === undefined) throw new Error(`${name} has not registered: ${agent?.output}`);
          return String(line.agentId);
        });
      const startAgent = async (): Promise<void> => {
        const from = system.server.log.length;
        agent = start({ GRPC_URL: system.env.GRPC_URL ?? '' });
        agentId = await registered(from);
      };
      /** The next one shall have its id. */
      const killAgent = async (): Promise<void> => {
        await agent?.kill();
        await eventually(async () => expect(await stateOf()).not.toMatchObject({ state: 'online' }));
      };
      const send = (text: string): string => sendText(client, text, { target: { agentName: name } });
      const replyTo = async (id: string): Promise<ChatMessage> =>
        (await client.received('message', ({ message }) => message.inReplyTo === id)).message;
      /** What the reply says, and the number that it remembers. */
      const say = async (text: string) => readReply(await replyTo(send(text)));
      const readReply = ({ text, kind }: ChatMessage) => {
        const [, number, said] = /^You, this is number (\d+): (.*)$/.exec(text) ?? [kind, '0', text];
        return { said, number: Number(number) };
      };
      const isWriting = (id: string) => client.received('message.delta', ({ inReplyTo }) => inReplyTo === id);
      const stop = (id: string): void => client.send({ type: 'message.cancel', messageId: id });

      it('replies', async () => {
        expect(await say('hello, ünïcode')).toMatchObject({ said: 'hello, ünïcode' });
      });

      it('remembers, each message once', async () => {
        const first = await say('one');
        expect(await say('two')).toEqual({ said: 'two', number: first.number + 1 });
      });

      it('shows an answer while it writes it, and is heard to be stopped', async () => {
        const id = send('go on');
        await isWriting(id);
        stop(id);
        const reply = await replyTo(id);
        expect(reply.metadata).toMatchObject({ isStopped: true });
        expect(readReply(reply).said).toMatch(/^(on and )*$/);
        expect(await say('and now?')).toMatchObject({ said: 'and now?' });
      });

      it('asks another agent, and is told that there is none', async () => {
        expect(await say(`@${name} ask Echo how are you`)).toMatchObject({ said: 'how are you' });
        const { text, kind } = await replyTo(send('ask Nobody how are you'));
        expect(kind).toBe('ERROR');
        expect(text).toContain('Nobody');
      });

      it('handles an event, and publishes one', async () => {
        client.send({ type: 'channel.open', channel: 'agents' });
        const id = newId();
        const payload = { to: 'Ada', grams: [200] };
        client.send({ type: 'event.publish', channel: 'human', event: { id, type: 'parcel', payload } });
        const { event } = await client.received('event', (frame) => frame.event.causationId === id);
        expect(event).toMatchObject({ type: 'parcel_seen', payload, source: { kind: 'agent', name } });
      });

      it('runs a command, shows what it prints, and stops it', async () => {
        const run = (line: string) => {
          const id = newId();
          client.send({ type: 'command.run', id, agentId, command: line });
          const hasEnded = ({ id: of, state }: { id: string; state: CommandState }): boolean =>
            of === id && isFinalCommandState(state);
          return { id, ended: client.received('command.status', hasEnded) };
        };
        const short = run('echo out; exit 3');
        expect(await short.ended).toMatchObject({ state: 'failed', command: { exitCode: 3 } });
        const { pieces } = await createHttpApi({ url: system.url }).commandOutput(short.id, { afterSeq: 0 });
        expect(pieces.map(({ data }) => data).join('')).toBe('out\n');
        const long = run('echo begun; sleep 300');
        await client.received('command.output', ({ id }) => id === long.id);
        client.send({ type: 'command.cancel', id: long.id });
        expect(await long.ended).toMatchObject({ state: 'cancelled' });
      });

      it('finishes what it has in hand when it is to end, and takes nothing new', async () => {
        const inHand = send('go on');
        await isWriting(inHand);
        agent?.signal('SIGTERM');
        await eventually(async () => expect(await stateOf()).toMatchObject({ state: 'draining' }));
        const later = send('for the next one');
        await client.received(
          'message.status',
          ({ messageId, status }) => messageId === later && status === 'delivered',
        );
        stop(inHand);
        expect((await replyTo(inHand)).metadata).toMatchObject({ isStopped: true });
        expect(await agent?.exited).toBe(0);
        await startAgent();
        expect(readReply(await replyTo(later))).toMatchObject({ said: 'for the next one' });
      });

      it('dies while it answers: the next process answers, and does nothing twice', async () => {
        const { number } = await say('before');
        const id = send('go on');
        await isWriting(id);
        await killAgent();
        const seen = client.frames.length;
        await startAgent();
        await eventually(() =>
          expect(
            client.frames
              .slice(seen)
              .some((frame) => frame.type === 'message.delta' && frame.inReplyTo === id),
          ).toBe(true),
        );
        stop(id);
        expect(readReply(await replyTo(id))).toMatchObject({ number: number + 1 });
        expect(await say('after')).toMatchObject({ number: number + 2 });
      });

      it('dies while its commands print: they are lost, and nothing else is', async () => {
        for (let round = 0; round < 3; round++) {
          const id = newId();
          client.send({
            type: 'command.run',
            id,
            agentId,
            command: 'echo begun; sleep 0.2; echo more; sleep 300',
          });
          await client.received('command.output', (output) => output.id === id);
          await killAgent();
          await startAgent();
          await client.received('command.status', (status) => status.id === id && status.state === 'lost');
        }
        expect(system.server.isRunning).toBe(true);
        expect(await say('still there?')).toMatchObject({ said: 'still there?' });
      });

      it('outlives the server, and goes on with the next one', async () => {
        const { number } = await say('before');
        const conversationId = newId();
        const id = sendText(client, 'go on', { conversationId, target: { agentName: name } });
        await isWriting(id);
        await system.server.kill();
        client.terminate();
        await system.startServer();
        client = await connectRaw(system.webSocketUrl);
        client.send({ type: 'conversation.open', conversationId });
        expect(await registered()).toBe(agentId);
        expect(agent?.isRunning).toBe(true);
        await isWriting(id);
        stop(id);
        expect(readReply(await replyTo(id))).toMatchObject({ number: number + 1 });
        expect(await say('after')).toEqual({ said: 'after', number: number + 2 });
      });

      it('ends when it is told to while the server is away', async () => {
        await system.server.kill();
        try {
          expect(await agent?.terminate()).toBe(0);
        } finally {
          await system.startServer();
        }
      });

      it('has a command that was in hand when its stream broke lost, and not run again', async () => {
        const file = path.join(folder, `${newId()}.log`);
        const id = newId();
        client.send({
          type: 'command.run',
          id,
          agentId,
          command: `echo once >> ${file}; echo begun; sleep 300`,
        });
        await client.received('command.output', (output) => output.id === id);
        await system.server.kill();
        client.terminate();
        await system.startServer();
        client = await connectRaw(system.webSocketUrl);
        expect(await say('are you there?')).toMatchObject({ said: 'are you there?' });
        await eventually(async () =>
          expect(await createHttpApi({ url: system.url }).command(id)).toMatchObject({ state: 'lost' }),
        );
        expect(await readFile(file, 'utf8')).toBe('once\n');
      });
    },
  );
}

const python = FOREIGN_AGENTS.find(({ name }) => name === 'Python');

(python?.missing === undefined ? it : it.skip)(
  'the smallest agent of the docs answers',
  async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'parley-foreign-'));
    const system = await startSystem({ driver: 'embedded', agents: [] });
    const docs = await readFile(path.join(import.meta.dirname, '../../docs/any-language.md'), 'utf8');
    const [, source = ''] = /```python\n(.*?)```/s.exec(docs) ?? [];
    await writeFile(
      path.join(folder, 'parrot.py'),
      source.replace('127.0.0.1:50051', String(system.env.GRPC_URL)),
    );
    const start = await python?.build(folder, path.join(folder, 'parrot.py'));
    const agent = start?.({});
    const client = await connectRaw(system.webSocketUrl);
    try {
      await client.received('agents', ({ agents }) => agents.some(({ agentName }) => agentName === 'Parrot'));
      const id = sendText(client, 'Polly', { target: { agentName: 'Parrot' } });
      const { message } = await client.received('message', ({ message: { inReplyTo } }) => inReplyTo === id);
      expect(message.text).toBe('Polly');
    } finally {
      client.terminate();
      await agent?.kill();
      await system.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
