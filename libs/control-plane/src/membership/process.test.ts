import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { onLoopback } from '../../testing/fixture.ts';
import { startTcpProxy } from '../../testing/tcp-proxy.ts';

/** Long enough for a process that has just begun to answer in it on a busy machine. */
const keepalive = { keepaliveMs: 500, keepaliveTimeoutMs: 500 };

const SCRIPT = fileURLToPath(new URL('../../testing/agent-process.ts', import.meta.url));

describe('a process of its own', () => {
  const loopback = onLoopback();
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  function start(kind: 'agent' | 'broker', url: string) {
    const child = spawn(process.execPath, [SCRIPT, kind, url], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    started.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      child,
      nextLine: async (): Promise<string> => String((await lines.next()).value),
      /** The exit code, when it ends by itself. */
      exit: once(child, 'exit').then(([code]) => code as number),
    };
  }

  it.each(['agent', 'broker'] as const)('ends by itself after the %s has left', async (kind) => {
    const { url, handlers } = await loopback.serve();
    const { child, nextLine, exit } = start(kind, url);
    await nextLine();
    child.stdin?.write('leave\n');
    expect(await exit).toBe(0);
    const rpc = kind === 'agent' ? 'unregisterAgent' : 'unregisterBroker';
    expect(handlers.requests.map((request) => request.rpc)).toContain(rpc);
  });

  it.each(['agent', 'broker'] as const)('ends by itself after the %s has stopped', async (kind) => {
    const { url } = await loopback.serve();
    const { child, nextLine, exit } = start(kind, url);
    await nextLine();
    child.stdin?.write('stop\n');
    expect(await exit).toBe(0);
  });

  it('ends by itself after it has stopped looking for a server that is away', async () => {
    const { child, exit } = start('agent', '127.0.0.1:1');
    child.stdin?.write('leave\n');
    expect(await exit).toBe(0);
  });

  it('ends by itself after it has stopped connecting to something that does not answer', async () => {
    const { server } = await loopback.serve();
    const proxy = loopback.stopLater(await startTcpProxy(server.port));
    proxy.silence();
    const { child, exit } = start('agent', `127.0.0.1:${proxy.port}`);
    await proxy.connected();
    child.stdin?.write('stop\n');
    expect(await exit).toBe(0);
  });

  it('ends by itself after it has left over a half-open connection', async () => {
    const { server, handlers } = await loopback.serve();
    const proxy = loopback.stopLater(await startTcpProxy(server.port));
    const opened = handlers.next('receiveCommands');
    const { child, exit } = start('agent', `127.0.0.1:${proxy.port}`);
    await opened;
    proxy.silence();
    child.stdin?.write('leave\n');
    expect(await exit).toBe(0);
  });

  it('is seen to be gone at once when it is killed', async () => {
    const { url, handlers } = await loopback.serve();
    const opened = handlers.next('receiveCommands');
    const { child } = start('agent', url);
    await opened;
    const gone = handlers.next('receiveCommands gone');
    child.kill('SIGKILL');
    await gone;
  });

  it('learns that it was replaced when it wakes from a sleep that outlasted its lease', async () => {
    const { url, handlers } = await loopback.serve(keepalive);
    const opened = handlers.next('receiveCommands');
    const { child, nextLine, exit } = start('agent', url);
    await opened;
    expect(await nextLine()).toBe('registered echo#1 online');
    const gone = handlers.next('receiveCommands gone');
    child.kill('SIGSTOP');
    await gone;
    handlers.takeOver('echo');
    child.kill('SIGCONT');
    expect(await nextLine()).toBe('fenced');
    expect(handlers.requests.filter(({ rpc }) => rpc === 'registerAgent')).toHaveLength(1);
    child.stdin?.write('stop\n');
    expect(await exit).toBe(0);
  });

  it('registers again when it wakes and was forgotten meanwhile', async () => {
    const { url, handlers } = await loopback.serve(keepalive);
    const opened = handlers.next('receiveCommands');
    const { child, nextLine } = start('agent', url);
    await opened;
    await nextLine();
    const gone = handlers.next('receiveCommands gone');
    child.kill('SIGSTOP');
    await gone;
    handlers.forget('echo');
    child.kill('SIGCONT');
    expect(await nextLine()).toBe('registered echo#1 online');
  });
});
