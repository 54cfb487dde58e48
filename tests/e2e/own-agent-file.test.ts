import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { AgentStatus } from '@parley/shared-models';
import { z } from 'zod';
import { type ParleyProcess, startProcess } from '../harness/parley-process.ts';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const AgentList = z.object({ agents: z.array(AgentStatus) });
const readme = path.resolve(import.meta.dirname, '../../README.md');

describe("a user's own file, outside the repository", () => {
  let system: ParleySystem;
  let client: RawClient;
  let folder: string;
  const started: ParleyProcess[] = [];

  beforeAll(async () => {
    system = await startSystem({ driver: 'embedded', agents: [] });
    client = await connectRaw(system.webSocketUrl);
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-own-'));
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((agent) => agent.terminate()));
    await rm(folder, { recursive: true });
  });

  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };
  const start = async (file: string): Promise<ParleyProcess> => {
    const agent = await system.startAgent({ file });
    started.push(agent);
    return agent;
  };
  const agentSays = (name: string, answer: string, more = ''): string => `
    import { defineAgent } from '@parley/agent-kit';
    export default defineAgent({ name: '${name}', ${more} onMessage: ${answer} });
  `;
  const send = (text: string, agentName: string): string => sendText(client, text, { target: { agentName } });
  const answerTo = async (id: string): Promise<string> =>
    (await client.received('message', ({ message }) => message.inReplyTo === id)).message.text;
  const say = (text: string, agentName: string): Promise<string> => answerTo(send(text, agentName));
  const statusOf = async (name: string): Promise<AgentStatus | undefined> =>
    AgentList.parse(await (await fetch(`${system.url}/api/agents`)).json()).agents.find(
      ({ agentName }) => agentName === name,
    );

  it('runs and answers as the README writes it', async () => {
    const [, code = ''] =
      /## Add an agent[\s\S]*?```ts\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8')) ?? [];
    await start(await write('my-agent.ts', code));
    expect(await answerTo(sendText(client, 'roll the dice'))).toMatch(/^You rolled a [1-6]\.$/);
    expect(await answerTo(sendText(client, '@Dice please'))).toMatch(/^You rolled a [1-6]\.$/);
  });

  it('may import zod and files of its own', async () => {
    await write('sides.ts', 'export const sides: number = 7;');
    const file = await write(
      'my-agent.ts',
      `import { defineAgent } from '@parley/agent-kit';
       import { z } from 'zod';
       import { sides } from './sides.ts';
       export default defineAgent({
         name: 'Sides',
         onMessage: async ({ memory }) => \`\${sides} and \${await memory.update('n', z.number(), (n = 0) => n + 1)}\`,
       });`,
    );
    await start(file);
    expect(await say('how many?', 'Sides')).toBe('7 and 1');
  });

  it('is read again when it is saved: the next message gets the new answer', async () => {
    const file = await write('my-agent.ts', agentSays('Saved', "() => 'old'"));
    const agent = await start(file);
    expect(await say('who?', 'Saved')).toBe('old');
    await write('my-agent.ts', agentSays('Saved', "() => 'new'"));
    await agent.logged((line) => line.msg === 'loaded the changed file');
    expect(await say('who?', 'Saved')).toBe('new');
    expect((await statusOf('Saved'))?.incarnation).toBe(1);
  });

  it('is read again when a file that it imports is saved', async () => {
    await write('word.ts', "export const word = 'old';");
    const file = await write(
      'my-agent.ts',
      `import { word } from './word.ts';
       export default { name: 'Words', onMessage: () => word };`,
    );
    const agent = await start(file);
    expect(await say('who?', 'Words')).toBe('old');
    await write('word.ts', "export const word = 'new';");
    await agent.logged((line) => line.msg === 'loaded the changed file');
    expect(await say('who?', 'Words')).toBe('new');
  });

  it('finishes what is in hand with the definition that it began with', async () => {
    const slow = `async ({ text, logger, signal }) => {
      if (text !== 'wait') return 'old at once';
      logger.info('it has begun');
      const { existsSync } = await import('node:fs');
      while (!existsSync('${folder}/go')) {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return 'old';
    }`;
    const file = await write('my-agent.ts', agentSays('Slow', slow));
    const agent = await start(file);
    const waiting = send('wait', 'Slow');
    await agent.logged((line) => line.msg === 'it has begun');
    await write('my-agent.ts', agentSays('Slow', "() => 'new'"));
    await agent.logged((line) => line.msg === 'loaded the changed file');
    expect(await say('who?', 'Slow')).toBe('new');
    await write('go', '');
    expect(await answerTo(waiting)).toBe('old');
  });

  it('goes on as before after a save that is broken, and says where', async () => {
    const file = await write('my-agent.ts', agentSays('Broken', "() => 'old'"));
    const agent = await start(file);
    await write('my-agent.ts', "export default {\n  name: 'Broken' oops\n};");
    const { msg } = await agent.logged((line) => line.level === 'error');
    expect(msg).toContain('goes on as before');
    expect(msg).toContain(`${file}:2`);
    expect(await say('who?', 'Broken')).toBe('old');
    await write('my-agent.ts', agentSays('Broken', "() => 'mended'"));
    await agent.logged((line) => line.msg === 'loaded the changed file');
    expect(await say('who?', 'Broken')).toBe('mended');
  });

  it.each([
    ['awaits what never comes', 'await new Promise(() => {});', 'waits for something that never comes'],
    ['ends its process', 'process.exit(0);', 'exit code 0'],
    ['throws nothing', 'throw null;', 'null'],
    ['has no agent any more', '', 'its default export is no agent'],
  ])(
    'goes on as before, and takes the next save, when the top level of one %s',
    async (_what, top, clear) => {
      const file = await write('my-agent.ts', agentSays('Top', "() => 'old'"));
      const agent = await start(file);
      await write('my-agent.ts', `${top}${top === '' ? 'export {};' : agentSays('Top', "() => 'never'")}`);
      const { msg } = await agent.logged((line) => line.level === 'error');
      expect(msg).toContain('goes on as before');
      expect(msg).toContain(file);
      expect(msg).toContain(clear);
      expect(await say('who?', 'Top')).toBe('old');
      await write('my-agent.ts', agentSays('Top', "() => 'mended'"));
      await agent.logged((line) => line.msg === 'loaded the changed file');
      expect(await say('who?', 'Top')).toBe('mended');
    },
  );

  it('answers while a save computes for ever at its top level, and takes the next one at once', async () => {
    const file = await write('my-agent.ts', agentSays('Loop', "() => 'old'"));
    const agent = await start(file);
    await write('begun.ts', `import { writeFileSync } from 'node:fs'; writeFileSync('${folder}/begun', '');`);
    await write('my-agent.ts', `import './begun.ts'; for (;;);`);
    await eventually(() => expect(existsSync(`${folder}/begun`)).toBe(true));
    expect(await say('who?', 'Loop')).toBe('old');
    await write('my-agent.ts', agentSays('Loop', "() => 'mended'"));
    await agent.logged((line) => line.msg === 'loaded the changed file');
    expect(await say('who?', 'Loop')).toBe('mended');
  });

  it('answers others while one of its handlers computes without end, when it is isolated', async () => {
    const answer = (word: string): string =>
      `({ text }) => { if (text === 'go') for (;;); return '${word}'; }`;
    const more = 'isolated: true, concurrency: 2,';
    const file = await write('my-agent.ts', agentSays('Isolated', answer('old'), more));
    const agent = await start(file);
    const computing = send('go', 'Isolated');
    expect(await say('who?', 'Isolated')).toBe('old');
    await write('my-agent.ts', agentSays('Isolated', answer('new'), more));
    await agent.logged((line) => line.msg === 'loaded the changed file');
    expect(await say('who?', 'Isolated')).toBe('new');
    client.send({ type: 'message.cancel', messageId: computing });
    const ended = await client.received('message', ({ message }) => message.inReplyTo === computing);
    expect(ended.message).toMatchObject({ kind: 'ERROR', metadata: { code: 'cancelled' } });
  });

  it('is read again after it was gone for a while, and after many saves in a row', async () => {
    const file = await write('my-agent.ts', agentSays('Gone', "() => 'old'"));
    const agent = await start(file);
    await rm(file);
    expect(await say('who?', 'Gone')).toBe('old');
    for (let count = 1; count <= 20; count++)
      await write('my-agent.ts', agentSays('Gone', `() => '${count}'`));
    await eventually(async () => expect(await say('who?', 'Gone')).toBe('20'));
    expect(agent.output).not.toContain('could not be read');
  });

  it('registers again when it says something else about itself, with its id and memory', async () => {
    const first = "async ({ memory }) => { await memory.put('a', 1); return 'noted'; }";
    const file = await write('my-agent.ts', agentSays('Profile', first));
    const agent = await start(file);
    const changed = "async ({ memory }) => String(await memory.get('a'))";
    expect(await say('remember', 'Profile')).toBe('noted');
    await write('my-agent.ts', agentSays('Profile', changed, "description: 'Knows', concurrency: 2,"));
    await eventually(async () => expect(await statusOf('Profile')).toMatchObject({ description: 'Knows' }));
    expect(await statusOf('Profile')).toMatchObject({ agentId: 'profile', incarnation: 2, state: 'online' });
    await agent.logged((line) => line.msg === 'loaded the changed file');
    expect(await say('what?', 'Profile')).toBe('1');
  });

  it.each([
    ['is not there', undefined, 'there is no such file'],
    ['does not parse', 'const a: number = 1;\nexport default {{', ':2'],
    ['exports no agent', 'export default 7;', 'its default export is no agent'],
    ['awaits for ever', 'await new Promise(() => {});', 'waits for something that never comes'],
    ['ends the process', 'process.exit(0);', 'exit code 0'],
    ['has no onMessage', 'export default { name: "A" };', 'onMessage'],
    ['has a field that no agent has', 'export default { name: "A", onMessage() {}, retries: 2 };', 'retries'],
    ['exports an agent without a name', 'export default { name: "", onMessage() {} };', 'name'],
    ['imports what is not there', "import './none.ts';", "Cannot find module '"],
  ])('ends with one clear line when it %s', async (_, text, clear) => {
    const file = path.join(folder, 'my-agent.ts');
    if (text !== undefined) await writeFile(file, text);
    const agent = startProcess('agent', system.env, ['--file', file]);
    expect(await agent.exited).toBe(1);
    expect(agent.output).toContain(file);
    expect(agent.output).toContain(clear);
    expect(agent.output).not.toContain('    at ');
  });
});
