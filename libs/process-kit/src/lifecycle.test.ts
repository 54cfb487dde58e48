import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../testing/test-program.ts';

/** A process that stays until a signal, and prints the calls of its methods. */
const runningProgram = (running: string, options = ''): string => `
  import { createLogger, runUntilSignal } from '@parley/process-kit';
  import { setTimeout as delay } from 'node:timers/promises';
  const keepAlive = setInterval(() => {}, 60_000);
  const say = (text) => process.stdout.write(text + '\\n');
  runUntilSignal(
    { async drain(ms) { say('drain ' + ms); }, async stop() { say('stop'); }, ${running} },
    { logger: createLogger('test'), drainTimeoutMs: 1234, ${options} },
  );
  say('ready');
`;

const linesOf = (stdout: string): string[] => stdout.split('\n').filter((line) => /^(drain|stop)/.test(line));

describe('a process that runs until a signal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('drains, stops and exits with 0 on %s', async (signal) => {
    const program = runProgram(runningProgram(''));
    await program.hasPrinted('ready');
    program.child.kill(signal);
    const { code, stdout } = await program.ended;
    expect(linesOf(stdout)).toEqual(['drain 1234', 'stop']);
    expect(stdout).toContain(`${signal}: finishing the work in hand`);
    expect(code).toBe(0);
  });

  it('takes the Ctrl+C that npm hands on for the one it has had already', async () => {
    const program = runProgram(runningProgram(`async drain() { say('drain'); await delay(100); }`));
    await program.hasPrinted('ready');
    program.child.kill('SIGINT');
    await program.hasPrinted('drain');
    program.child.kill('SIGINT');
    program.child.kill('SIGTERM');
    const { code, stdout } = await program.ended;
    expect(linesOf(stdout)).toEqual(['drain', 'stop']);
    expect(code).toBe(0);
  });

  it('leaves at once with 1 on a second signal', async () => {
    const program = runProgram(runningProgram(`drain() { return new Promise(() => {}); }`));
    await program.hasPrinted('ready');
    const repeat = setInterval(() => program.child.kill('SIGTERM'), 100);
    const { code, stdout } = await program.ended;
    clearInterval(repeat);
    expect(stdout).toContain('second signal: leaving at once');
    expect(linesOf(stdout)).toEqual([]);
    expect(code).toBe(1);
  });

  it('leaves with 1 when the drain hangs beyond its time', async () => {
    const program = runProgram(
      runningProgram(`drain() { return new Promise(() => {}); }`, 'drainTimeoutMs: 50, stopGraceMs: 50'),
    );
    await program.hasPrinted('ready');
    program.child.kill('SIGTERM');
    const { code, stdout } = await program.ended;
    expect(stdout).toContain('stopping takes too long');
    expect(code).toBe(1);
  });

  it('stops also when the drain fails, says why, and exits with 1', async () => {
    const program = runProgram(runningProgram(`async drain() { throw new Error('queue is gone'); }`));
    await program.hasPrinted('ready');
    program.child.kill('SIGTERM');
    const { code, stdout } = await program.ended;
    expect(stdout).toContain('queue is gone');
    expect(linesOf(stdout)).toEqual(['stop']);
    expect(code).toBe(1);
  });

  it('drains and stops when it must end by itself, and exits with 1 and the reason', async () => {
    const program = runProgram(
      runningProgram(`ended: delay(1).then(() => { throw new Error('fenced off'); })`),
    );
    const { code, stdout } = await program.ended;
    expect(stdout).toContain('fenced off');
    expect(linesOf(stdout)).toEqual(['drain 1234', 'stop']);
    expect(code).toBe(1);
  });
});

it('drains, stops and exits with 0 when it is asked to end from within', async () => {
  const program = runProgram(runningProgram('ended: delay(1)'));
  const { code, stdout } = await program.ended;
  expect(linesOf(stdout)).toEqual(['drain 1234', 'stop']);
  expect(code).toBe(0);
});

describe('main', () => {
  const mainProgram = (body: string): string => `
    import { ConfigError, loadConfig, main, settings } from '@parley/process-kit';
    import { createServer } from 'node:http';
    import { z } from 'zod';
    await main(async () => { ${body} });
  `;

  it('lets the process end with 0 when its work is done', async () => {
    const { code, stderr } = await runProgram(mainProgram('')).ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('makes one clear line of a port that is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const { code, stderr } = await runProgram(
      mainProgram(`
        setInterval(() => {}, 60_000);
        const server = createServer();
        await new Promise((resolve, reject) => server.on('error', reject).listen(${port}, '127.0.0.1', resolve));
      `),
    ).ended;
    blocker.close();
    expect(stderr).toBe(
      `Port taken: 127.0.0.1:${port} is in use by another process. Stop that one, or set PORT (or GRPC_PORT) to another.\n`,
    );
    expect(code).toBe(1);
  });

  it('makes one clear line of an address that the machine does not have', async () => {
    // 192.0.2.0/24 is kept for documentation: no machine has it.
    const { code, stderr } = await runProgram(
      mainProgram(`
        const server = createServer();
        await new Promise((resolve, reject) => server.on('error', reject).listen(0, '192.0.2.1', resolve));
      `),
    ).ended;
    expect(stderr).toBe('HOST 192.0.2.1 is no address of this machine.\n');
    expect(code).toBe(1);
  });

  it('lists the wrong settings without a stack', async () => {
    const { code, stderr } = await runProgram(
      mainProgram(`loadConfig(z.object({ PORT: settings.port(1) }));`),
      {
        PORT: 'eighty',
      },
    ).ended;
    expect(stderr).toMatch(/^These settings are wrong:\n {2}PORT \(is "eighty"\): [^\n]+\n$/);
    expect(code).toBe(1);
  });

  it('shows the stack of anything else, without the passwords in it', async () => {
    const { code, stderr } = await runProgram(
      mainProgram(`throw new Error('no answer from amqp://guest:pa55word@queue:5672');`),
    ).ended;
    expect(stderr).toContain('Error: no answer from amqp://***@queue:5672\n    at ');
    expect(stderr).not.toContain('pa55word');
    expect(code).toBe(1);
  });

  it('ends with 1 and the error when a promise is rejected that nobody awaits', async () => {
    const { code, stderr } = await runProgram(mainProgram(`void Promise.reject(new Error('forgotten'));`))
      .ended;
    expect(stderr).toContain('forgotten');
    expect(code).toBe(1);
  });
});
