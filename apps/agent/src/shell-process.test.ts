import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ControlPlaneServer, startControlPlaneServer } from '@parley/control-plane';
import { createInMemoryHandlers, type InMemoryHandlers } from '@parley/control-plane/testing';
import { serveQueue } from '@parley/messaging';
import { type BusFolder, makeBusFolder, UNRESTRICTED } from '@parley/messaging/test-queue';
import { createLogger } from '@parley/process-kit';
import { type AgentCommand, type CommandOutput, type CommandResult, newId } from '@parley/shared-models';

const MAIN = path.resolve(import.meta.dirname, 'main.ts');

let folder: string;
let handlers: InMemoryHandlers;
let server: ControlPlaneServer;
let queue: BusFolder;
let events: EventEmitter;
let pieces: CommandOutput[];
let results: CommandResult[];
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parley-agent-'));
  await chmod(folder, 0o755);
  events = new EventEmitter();
  pieces = [];
  results = [];
  handlers = createInMemoryHandlers({ heartbeatMs: 1_000 });
  handlers.sendCommandOutput = async (piece) => {
    pieces.push(piece);
    events.emit('told');
  };
  handlers.sendCommandResult = async (result) => {
    results.push(result);
    events.emit('told');
  };
  const logger = createLogger('test', 'silent');
  queue = await makeBusFolder();
  const bus = await queue.open();
  const register = handlers.registerAgent;
  handlers.registerAgent = async (request, context) => {
    await bus.declareAgentQueue(request.agentId);
    return register(request, context);
  };
  handlers.connectQueue = ({ agentId = '' }, requests, push, { signal: gone }) =>
    serveQueue({ bus, requests, push, gone, may: UNRESTRICTED, name: agentId, logger });
  server = await startControlPlaneServer({ host: '127.0.0.1', port: 0, handlers, logger });
});

afterEach(() => endAll(children.splice(0)));

afterAll(async () => {
  await server.stop();
  await queue.remove();
  await rm(folder, { recursive: true, force: true });
});

async function endAll(processes: readonly ChildProcess[]): Promise<void> {
  for (const child of processes) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

interface AgentProcess {
  readonly id: string;
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly exited: Promise<number | null>;
}

let started = 0;

function spawnAgent(...args: string[]): AgentProcess {
  const id = `agent-${++started}`;
  const child = spawn(process.execPath, [MAIN, '--id', id, ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      GRPC_URL: `127.0.0.1:${server.port}`,
      DATA_DIR: folder,
      JOIN_TOKEN: 'a-secret-that-no-command-may-see',
      INIT_CWD: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  return { id, child, log: () => log, exited: once(child, 'exit').then(([code]) => code as number | null) };
}

async function startShell(policy: object): Promise<AgentProcess> {
  const file = path.join(folder, `policy-${newId()}.json`);
  await writeFile(file, JSON.stringify({ user: 'same', folders: [folder], ...policy }));
  const agent = spawnAgent('--use', 'shell', '--policy', file, TRUSTING);
  await joined(agent);
  return agent;
}

async function joined({ id, exited, log }: AgentProcess): Promise<void> {
  const failed = exited.then(() => Promise.reject(new Error(log())));
  failed.catch(() => {});
  while (!handlers.commandStreams.has(id)) await Promise.race([handlers.next('receiveCommands'), failed]);
}

/** Nobody signs in at the server of this suite. */
const TRUSTING = '--allow-everything-without-sign-in';
const EVERYTHING = { everything: true, shell: true };

function send({ id }: AgentProcess, command: Partial<AgentCommand>): string {
  const commandId = command.commandId ?? newId();
  const blank = { commandId, type: 'shell', content: '', timeoutMs: 0, isCancellation: false } as const;
  handlers.commandStreams.get(id)?.send({ ...blank, ...command });
  return commandId;
}

async function waitFor<T>(find: () => T | undefined): Promise<T> {
  const news = on(events, 'told');
  try {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await news.next();
    }
  } finally {
    await news.return?.();
  }
}

const resultOf = (commandId: string): Promise<CommandResult> =>
  waitFor(() => results.find((result) => result.commandId === commandId));

const printedBy = (commandId: string): string =>
  pieces
    .filter((piece) => piece.commandId === commandId)
    .map(({ data }) => data)
    .join('');

/** Resolves with the pattern's match in the command's output. */
const sees = (commandId: string, pattern: RegExp): Promise<string> =>
  waitFor(() => pattern.exec(printedBy(commandId))?.[1]);

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

describe('an agent process with --use shell and a policy', () => {
  let agent: AgentProcess;

  beforeAll(async () => {
    agent = await startShell({ ...EVERYTHING, rules: [{ name: 'no id', effect: 'deny', program: 'id' }] });
    // This one stays for all tests.
    children.splice(children.indexOf(agent.child), 1);
  });
  afterAll(() => endAll([agent.child]));

  it('runs a command and sends what it prints', async () => {
    const commandId = send(agent, { content: 'echo hello' });
    expect(await resultOf(commandId)).toMatchObject({ agentId: agent.id, success: true, exitCode: 0 });
    expect(printedBy(commandId)).toBe('hello\n');
    const refused = send(agent, { content: 'id' });
    expect(await resultOf(refused)).toMatchObject({
      refusedByRule: 'no id',
      errorMessage: 'The rule "no id" denies it.',
    });
  });

  it('lets no command see its secrets', async () => {
    const content = 'env; cat /proc/self/environ; cat /proc/$PPID/environ; grep NoNewPrivs /proc/self/status';
    const commandId = send(agent, { content });
    await resultOf(commandId);
    // That of the agent, which runs as the same user.
    expect(printedBy(commandId)).toContain(`DATA_DIR=${folder}`);
    expect(printedBy(commandId)).toMatch(/NoNewPrivs:\t1\n/);
    expect(printedBy(commandId)).toContain('PATH=');
    expect(printedBy(commandId)).not.toContain('a-secret');
  });

  it('ends the children of a command that is cancelled', async () => {
    const commandId = send(agent, { content: 'sleep 1000 & echo child $!; wait' });
    const child = await sees(commandId, /child (\d+)\n/);
    expect(isAlive(child)).toBe(true);
    send(agent, { commandId, isCancellation: true });
    expect(await resultOf(commandId)).toMatchObject({ isCancelled: true, signal: 'SIGTERM' });
    expect(isAlive(child)).toBe(false);
  });

  it('tells what it does', async () => {
    const running = send(agent, { content: 'echo here $$; exec sleep 1000' });
    await sees(running, /here (\d+)\n/);
    const commandId = send(agent, { type: 'status' });
    expect(await resultOf(commandId)).toMatchObject({ success: true });
    expect(printedBy(commandId)).toContain(
      `Shell (${agent.id}, group shell, incarnation 1)\nstate       online\n`,
    );
    expect(printedBy(commandId)).toContain(`${running} running, everything`);
    expect(printedBy(commandId)).toMatch(/queue +0 messages wait, 0 handed out\n/);
    send(agent, { commandId: running, isCancellation: true });
    await resultOf(running);
  });

  it('is not hurt by 400 MB of output', async () => {
    const content = 'yes 0123456789 | head -c 400000000';
    const commandId = send(agent, { content, outputLimitBytes: 1_048_576 });
    expect(await resultOf(commandId)).toMatchObject({ success: true, truncated: true });
    expect(printedBy(commandId)).toHaveLength(1_048_576);
    const after = send(agent, { content: `ps -o rss= -p ${agent.child.pid}` });
    await resultOf(after);
    expect(Number(printedBy(after))).toBeLessThan(350 * 1024);
  });
});

describe('an agent process that ends', () => {
  it('by SIGKILL leaves nothing of its commands behind', async () => {
    const agent = await startShell(EVERYTHING);
    const commandId = send(agent, {
      content: `sleep 1000 & echo child $!; setsid sh -c 'echo daemon $$; exec sleep 1000' & wait`,
    });
    const member = await sees(commandId, /child (\d+)\n/);
    const daemon = await sees(commandId, /daemon (\d+)\n/);
    agent.child.kill('SIGKILL');
    await agent.exited;
    while (isAlive(member) || isAlive(daemon)) await delay(20);
  });

  it('by an operator says so, and exits with 0', async () => {
    const agent = await startShell(EVERYTHING);
    const commandId = send(agent, { type: 'shutdown' });
    expect(await resultOf(commandId)).toMatchObject({ success: true });
    expect(await agent.exited).toBe(0);
    expect(agent.log()).toContain('an operator wants this agent to end');
  });

  it('by SIGTERM cancels what runs, says so, and exits with 0', async () => {
    const agent = await startShell(EVERYTHING);
    const commandId = send(agent, { content: 'echo here $$; exec sleep 1000' });
    const pid = await sees(commandId, /here (\d+)\n/);
    agent.child.kill('SIGTERM');
    expect(await resultOf(commandId)).toMatchObject({
      isCancelled: true,
      errorMessage: 'The agent went down.',
    });
    expect(await agent.exited).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });
});

describe('an agent process without a policy', () => {
  it('refuses commands and says how to switch them on', async () => {
    const agent = spawnAgent('--use', 'shell');
    await joined(agent);
    const { refusedByRule, errorMessage } = await resultOf(send(agent, { content: 'id' }));
    expect(refusedByRule).toBe('');
    expect(errorMessage).toContain('--policy policies/example.json');
    expect(agent.log()).toContain('--policy policies/example.json');
  });
});

describe('an agent process whose policy allows everything', () => {
  const start = async (...more: string[]): Promise<AgentProcess> => {
    await writeFile(path.join(folder, 'everything.json'), JSON.stringify({ user: 'same', ...EVERYTHING }));
    return spawnAgent('--use', 'shell', '--policy', 'everything.json', ...more);
  };

  it('leaves a server where nobody signs in before it takes a command, and names the way to stay', async () => {
    const left = handlers.next('unregisterAgent');
    const { id, exited, log } = await start();
    await left;
    expect(await exited).toBe(1);
    expect(log()).toContain(TRUSTING);
    expect(handlers.commandStreams.has(id)).toBe(false);
  });

  it('stays where people sign in, and leaves when they need not any more', async () => {
    const { registerAgent, heartbeat } = handlers;
    let peopleSignIn = true;
    handlers.registerAgent = async (...args) => ({ ...(await registerAgent(...args)), peopleSignIn });
    handlers.heartbeat = async (...args) => ({ ...(await heartbeat(...args)), peopleSignIn });
    try {
      const agent = await start();
      await joined(agent);
      peopleSignIn = false;
      expect(await agent.exited).toBe(1);
      expect(agent.log()).toContain(TRUSTING);
    } finally {
      Object.assign(handlers, { registerAgent, heartbeat });
    }
  });
});

describe('an agent process that is started wrongly', () => {
  it('says in few words what is wrong with the policy', async () => {
    await writeFile(path.join(folder, 'wrong.json'), '{"rules": [{"name": "x"}]}');
    const { exited, log } = spawnAgent('--use', 'shell', '--policy', 'wrong.json');
    expect(await exited).toBe(1);
    expect(log()).toContain(`--policy wrong.json: ${folder}/wrong.json is no policy:\n`);
    expect(log()).not.toContain('    at ');
  });

  it.each([
    [['--policy', 'policy.json'], '--policy goes with --use shell'],
    [['--use', 'shell', '--policy', 'nowhere.json'], 'cannot be read'],
    [['--use', 'shell', TRUSTING], `${TRUSTING} goes with --policy`],
    [['--use', 'shel'], 'There are: echo, assistant'],
  ])('says what is wrong with %j', async (args, reason) => {
    const { exited, log } = spawnAgent(...args);
    expect(await exited).toBe(1);
    expect(log()).toContain(reason);
  });
});
