import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { ChatMessage, Id, newId } from '@parley/shared-models';
import { freePort } from '../harness/free-port.ts';
import { CLIENT_QUEUE_DRIVERS, type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { type CliOutcome, type CliRun, runCli, startCli } from '../harness/run-cli.ts';
import { AUTH_SECRET, signToken } from '../harness/sign-token.ts';

const root = path.resolve(import.meta.dirname, '../..');
const fragile = path.join(import.meta.dirname, 'agents/fragile-agent.ts');
const endless = path.join(root, 'tests/browser/agents/endless-agent.ts');

describe.each(CLIENT_QUEUE_DRIVERS)('the parley command, over the %s queue', (driver) => {
  let system: ParleySystem;
  const runs: CliRun[] = [];

  beforeAll(async () => {
    system = await startSystem({
      driver,
      agents: [{ use: 'echo' }, { file: fragile, id: 'fragile' }, { file: endless, id: 'endless' }],
    });
  });
  afterAll(async () => {
    for (const { child } of runs) child.kill('SIGKILL');
    await system?.stop();
  });

  const parley = (args: readonly string[], input?: string): Promise<CliOutcome> =>
    runCli(args, { env: { PARLEY_URL: system.url }, ...(input === undefined ? {} : { input }) });
  const start = (args: readonly string[]): CliRun => {
    const run = startCli(args, { PARLEY_URL: system.url });
    runs.push(run);
    return run;
  };
  const api = () => createHttpApi({ url: system.url });

  describe('send', () => {
    it('prints the answer and nothing else', async () => {
      expect(await parley(['send', 'hello', 'there', '--to', 'Echo'])).toEqual({
        code: 0,
        stdout: 'hello there\n',
        stderr: '',
      });
    });

    it.each([[['send', '--to', 'Echo']], [['send', '-', '--to', 'echo']]])(
      'takes what is piped in: %j',
      async (args) => {
        expect(await parley(args, 'two\nlines ✓\n')).toMatchObject({ code: 0, stdout: 'two\nlines ✓\n' });
      },
    );

    it('prints the whole answer as JSON, and goes on in a conversation', async () => {
      const first = await parley(['send', '--json', '--to', 'Echo', 'one']);
      const answer = ChatMessage.parse(JSON.parse(first.stdout));
      expect(answer).toMatchObject({ seq: 2, text: 'one', sender: { name: 'Echo' } });
      const { conversationId } = answer;
      const second = await parley([
        'send',
        '--json',
        '--to',
        'Echo',
        '--conversation',
        conversationId,
        'two',
      ]);
      expect(JSON.parse(second.stdout)).toMatchObject({ seq: 4, conversationId });
    });

    it('prints the id of the message when it shall not wait', async () => {
      const { code, stdout } = await parley(['send', '--no-wait', '--to', 'Echo', 'later']);
      expect([code, Id.safeParse(stdout.trim()).success]).toEqual([0, true]);
    });

    it('says on stderr why an agent failed', async () => {
      const { code, stdout, stderr } = await parley(['send', '--to', 'Fragile', 'hello']);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('the plan has no second page');
    });

    it('gives up after the time limit', async () => {
      const { code, stderr } = await parley(['send', '--to', 'Endless', '--timeout', '0.5', 'hello']);
      expect([code, stderr]).toEqual([4, 'There was no answer within 0.5 s.\n']);
    });
  });

  describe('chat', () => {
    it('answers each line that is piped in', async () => {
      const outcome = await parley(['chat', '--to', 'Echo'], 'one\n\ntwo\n');
      expect(outcome).toEqual({ code: 0, stdout: 'one\ntwo\n', stderr: '' });
    });

    it('goes on after a line that failed, and says so in the end', async () => {
      const outcome = await parley(['chat'], '@Fragile hello\n@Echo still there\n');
      expect(outcome.code).toBe(1);
      expect(outcome.stdout).toContain('still there');
      expect(outcome.stderr).toContain('the plan has no second page');
    });

    it('stops an answer on Ctrl-C, and leaves on the next', async () => {
      const chat = start(['chat', '--to', 'Endless']);
      chat.type('count until I stop you\n');
      const conversation = await eventually(async () => {
        const { conversations } = await api().conversations({ search: 'count until I stop you' });
        const [found] = conversations;
        if (found === undefined) throw new Error('not accepted yet');
        return found;
      });
      const reader = await connectRaw(system.webSocketUrl);
      reader.send({ type: 'conversation.open', conversationId: conversation.id });
      await reader.received('message.delta');
      chat.child.kill('SIGINT');
      await chat.wrote('1 ');
      reader.terminate();
      chat.child.kill('SIGINT');
      expect(await chat.exited).toBe(0);
    });
  });

  describe('agents', () => {
    it('lists them, for people and as JSON', async () => {
      const { code, stdout } = await parley(['agents']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^NAME +ID +STATE .*\n(.*\n)*Echo +echo +online +/);
      const agents = JSON.parse((await parley(['agents', '--json'])).stdout);
      expect(agents).toContainEqual(expect.objectContaining({ agentId: 'fragile', state: 'online' }));
    });
  });

  describe('watch', () => {
    it('follows everything, also conversations that begin meanwhile', async () => {
      const watch = start(['watch', '--json', '--interval', '0.1']);
      await watch.wrote('Watching');
      const { stdout } = await parley(['send', '--json', '--to', 'Echo', 'watch this']);
      const { conversationId } = ChatMessage.parse(JSON.parse(stdout));
      await watch.wrote('"watch this"');
      watch.child.kill('SIGINT');
      expect(await watch.exited).toBe(0);
      const lines = watch.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).toContainEqual(
        expect.objectContaining({ type: 'message', message: expect.objectContaining({ conversationId }) }),
      );
    });

    it('follows one conversation, with what was said before', async () => {
      const sent = await parley(['send', '--json', '--to', 'Echo', 'earlier']);
      const { conversationId } = ChatMessage.parse(JSON.parse(sent.stdout));
      const watch = start(['watch', conversationId]);
      await watch.wrote('Echo: earlier');
      await parley(['send', '--to', 'Echo', '--conversation', conversationId, 'and now']);
      await watch.wrote('Echo: and now');
      watch.child.kill('SIGTERM');
      expect(await watch.exited).toBe(0);
    });

    it('shows what the gateways report', async () => {
      const gateway = await connectRaw(system.webSocketUrl);
      const status = {
        gatewayId: newId(),
        url: 'wss://friends.example/ws',
        state: 'connected',
        since: new Date().toISOString(),
        reconnects: 3,
        ...{ received: 5, sent: 5, answered: 4, failed: 1, ignored: 0, queued: 0, kept: 0 },
      };
      gateway.send({ type: 'external.report', status });
      const watch = start(['watch', '--external', '--interval', '0.1']);
      await watch.wrote('connected wss://friends.example/ws: received 5, answered 4');
      gateway.send({ type: 'external.report', status: { ...status, state: 'waiting' } });
      await watch.wrote('waiting wss://friends.example/ws');
      gateway.close();
      await watch.wrote('gateway gone wss://friends.example/ws');
      watch.child.kill('SIGINT');
      expect(await watch.exited).toBe(0);
    });

    it('ends quietly when nobody reads it any more', async () => {
      const watch = start(['watch', '--json', '--interval', '0.1']);
      await watch.wrote('Watching');
      watch.child.stdout?.destroy();
      await parley(['send', '--to', 'Echo', 'into the void']);
      expect(await watch.exited).toBe(0);
      expect(watch.stderr).not.toContain('EPIPE');
    });
  });

  describe('load', () => {
    it('prints the table', async () => {
      const { code, stdout } = await parley([
        ...['load', '--clients', '3', '--duration', '1', '--interval', '50', '--to', 'Echo'],
      ]);
      expect(code).toBe(0);
      for (const row of [
        /^LOAD TEST RESULTS$/m,
        /Clients: +3$/m,
        /Duration: +1s$/m,
        /Messages sent: +[1-9]\d*$/m,
        /Messages received: +[1-9]\d*$/m,
        /Success rate: +100\.00%$/m,
        /Messages\/second: +\d+\.\d\d$/m,
        /Total errors: +0$/m,
        /Average: +\d+\.\d{3}s$/m,
        /Median: +\d+\.\d{3}s$/m,
        /95th percentile: +\d+\.\d{3}s$/m,
      ]) {
        expect(stdout).toMatch(row);
      }
    });

    it('prints the figures as JSON, and fails when something was not answered', async () => {
      const { code, stdout } = await parley([
        ...['load', '--clients', '2', '--duration', '0.5', '--interval', '400', '--to', 'Fragile', '--json'],
      ]);
      expect(code).toBe(1);
      const figures = JSON.parse(stdout);
      expect(figures).toMatchObject({ clients: 2, received: 0, successRate: 0 });
      expect(figures.errors).toBe(figures.sent);
      expect(figures.errorKinds[0].message).toContain('Fragile failed');
    });
  });

  describe('doctor', () => {
    it('finds everything well', async () => {
      const { AMQP_URL = '', GRPC_URL = '', DATA_DIR = '' } = system.env;
      const env = { PARLEY_URL: system.url, AMQP_URL, GRPC_URL, DATA_DIR };
      const { code, stdout } = await runCli(['doctor'], { env });
      expect(stdout.match(/^\w+ +[\w. ]+(?=:)/gm)).toEqual(
        ['Node.js', 'Server', 'Ready', 'gRPC port', 'Queue', 'Agents', 'Data folder'].map(
          (name) => `ok   ${name}`,
        ),
      );
      expect(code).toBe(0);
    });

    it('finds what is wrong, and says what to do, without passwords', async () => {
      const env = {
        PARLEY_URL: `http://127.0.0.1:${await freePort()}`,
        GRPC_URL: `127.0.0.1:${await freePort()}`,
        AMQP_URL: `amqp://joe:sesame@127.0.0.1:${await freePort()}`,
        DATA_DIR: '/proc/nowhere',
      };
      const { code, stdout } = await runCli(['doctor', '--json'], { env });
      expect(code).toBe(1);
      const findings = JSON.parse(stdout) as { name: string; isOk: boolean; advice: string }[];
      expect(findings.filter(({ isOk }) => isOk).map(({ name }) => name)).toEqual(['Node.js']);
      for (const { advice } of findings) expect(advice).toEqual(expect.any(String));
      expect(stdout).not.toContain('sesame');
    });
  });

  it('lists, shows, replays and discards dead letters', async () => {
    await parley(['send', '--to', 'Fragile', 'to be buried']);
    const list = await parley(['dead-letters', 'list', '--state', 'dead', '--json']);
    const letter = JSON.parse(list.stdout).find((one: { body: string }) => one.body.includes('to be buried'));
    expect((await parley(['dead-letters', 'list'])).stdout).toContain(letter.id);
    const shown = await parley(['dead-letters', 'show', letter.id]);
    expect(shown.stdout).toContain('to be buried');
    expect(await parley(['dead-letters', 'replay', letter.id])).toMatchObject({
      code: 0,
      stdout: `${letter.id} is replayed.\n`,
    });
    expect((await parley(['dead-letters', 'discard', letter.id])).code).toBe(1);
    const other = JSON.parse((await parley(['dead-letters', 'list', '--state', 'dead', '--json'])).stdout)[0];
    expect(await parley(['dead-letters', 'discard', other.id])).toMatchObject({
      code: 0,
      stdout: `${other.id} is discarded.\n`,
    });
    const missing = await parley(['dead-letters', 'show', newId()]);
    expect([missing.code, missing.stderr]).toEqual([1, 'There is no such dead letter.\n']);
  });

  it('writes no colours into a pipe', async () => {
    const outcomes = await Promise.all([
      parley(['agents']),
      parley(['doctor']),
      parley(['send', '--to', 'Fragile', 'x']),
    ]);
    for (const { stdout, stderr } of outcomes) expect(`${stdout}${stderr}`).not.toContain('\u001b');
  });
});

describe('the parley command', () => {
  it('describes itself and every command of its own, with the exit codes', async () => {
    const files = readdirSync(path.join(root, 'apps/cli/src/commands')).filter(
      (name) => !name.endsWith('.test.ts'),
    );
    const names = files.map((name) => name.replace('.ts', ''));
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    const inner = ['list', 'show', 'replay', 'discard'].map((name) => ['dead-letters', name]);
    const helps = await Promise.all(
      [[], ...names.map((name) => [name]), ...inner].map((command) => runCli([...command, '--help'])),
    );
    for (const help of helps) {
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(/--url .*PARLEY_URL/s);
      expect(help.stdout).toMatch(/--token .*PARLEY_TOKEN/s);
      expect(help.stdout).toMatch(/Exit codes:\n( +[0-4] .*\n){5}/);
      expect(help.stderr).toBe('');
    }
  });

  it.each([
    [['shout']],
    [['send', '--volume', '11', 'x']],
    [['send']],
    [['send', '--timeout', 'soon', 'x']],
    [['send', '--conversation', '1', 'x']],
    [['send', '--url', 'ftp://x', 'x']],
    [['load', '--clients', '0']],
    [['watch', 'x']],
    [['watch', '--external', newId()]],
    [['dead-letters', 'list', '--state', 'sleeping']],
    [['dead-letters', 'show']],
  ])('says in a line what is wrong with %j', async (args) => {
    const { code, stdout, stderr } = await runCli(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^\S.+\n/);
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    [['send', 'x']],
    [['chat']],
    [['agents']],
    [['watch']],
    [['watch', '--external']],
    [['load']],
    [['dead-letters', 'list']],
  ])('says where it cannot connect to: %j', async (args) => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await runCli([...args, '--url', url]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/cannot (be reached|connect)/i);
  });

  it('shows its token where people sign in', async () => {
    const system = await startSystem({ driver: 'embedded', env: { AUTH_SECRET } });
    try {
      const env = { PARLEY_URL: system.url };
      const stranger = await runCli(['send', 'x'], { env });
      expect([stranger.code, stranger.stdout]).toEqual([3, '']);
      const token = await signToken('ada', 'member');
      const ada = await runCli(['send', '--to', 'Echo', 'hello'], { env: { ...env, PARLEY_TOKEN: token } });
      expect([ada.code, ada.stdout]).toEqual([0, 'hello\n']);
      const { conversations } = await createHttpApi({ url: system.url, token }).conversations();
      expect(conversations.map(({ ownerId }) => ownerId)).toEqual(['ada']);
    } finally {
      await system.stop();
    }
  });
});
