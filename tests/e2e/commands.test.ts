import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { AuditEntry, type CommandRecord, newId } from '@parley/shared-models';
import { type OtherServer, type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { type CliOutcome, runCli, startCli } from '../harness/run-cli.ts';

const ALLOW_ALL = path.resolve(import.meta.dirname, '../../policies/allow-everything.json');

describe.each(SYSTEM_KINDS)('commands on an agent, over $kind', ({ driver, hasPostgres }) => {
  let system: ParleySystem;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-commands-'));
    const careful = path.join(folder, 'careful.json');
    const args = [{ pattern: '.*', times: 'any' }];
    const rules = [{ name: 'greetings', program: 'echo', args, requireApproval: true }];
    await writeFile(
      careful,
      JSON.stringify({ description: 'Greetings only', folders: ['/tmp'], user: 'same', rules }),
    );
    system = await startSystem({
      driver,
      hasPostgres,
      agents: [
        { use: 'shell', id: 'shell', policy: ALLOW_ALL },
        { use: 'shell', id: 'shell-b', name: 'Second', policy: ALLOW_ALL },
        { use: 'shell', id: 'closed', name: 'Closed' },
      ],
      // Less than the policy lets a command print.
      env: { COMMAND_OUTPUT_BYTES: '1048576' },
    });
  }, 180_000);
  afterAll(async () => {
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const parley = (...args: string[]): Promise<CliOutcome> =>
    runCli(args, { env: { PARLEY_URL: system.url } });
  const api = () => createHttpApi({ url: system.url });
  const until = async (id: string, isSo: (command: CommandRecord) => boolean): Promise<CommandRecord> => {
    let command = await api().command(id);
    await eventually(async () => {
      command = await api().command(id);
      if (!isSo(command)) throw new Error(`it is ${command.state}`);
    });
    return command;
  };

  it('prints stdout and stderr apart and exits as the command did', async () => {
    expect(await parley('run', 'shell', '--', 'echo out; echo "oops é" >&2; exit 7')).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'oops é\n',
    });
  });

  it('hands words over as they are', async () => {
    const words = ['printf', '%s|', "it's", 'two words', '$HOME', '*'];
    expect(await parley('run', 'Shell', '--', ...words)).toMatchObject({
      code: 0,
      stdout: "it's|two words|$HOME|*|",
    });
  });

  it('runs in the folder that is given', async () => {
    expect((await parley('run', 'shell', '--cwd', folder, '--', 'pwd')).stdout).toBe(`${folder}\n`);
  });

  it('shows what is printed while it runs, and stops it with Ctrl-C', async () => {
    const file = path.join(folder, `${newId()}.pid`);
    const run = startCli(['run', 'shell', '--', `echo $$ > ${file}; echo begun; sleep 300`], {
      PARLEY_URL: system.url,
    });
    await run.wrote('begun');
    run.child.kill('SIGINT');
    expect(await run.exited).toBe(130);
    const pid = Number(await readFile(file, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('stops at its time limit', async () => {
    expect((await parley('run', 'shell', '--timeout', '0.5', '--', 'sleep 300')).code).toBe(124);
  });

  it('runs on several agents at once and sums up', async () => {
    const run = await parley('run', 'shell,Second,closed', '--', 'echo here');
    expect(run.code).toBe(1);
    expect(run.stdout.split('\n').toSorted()).toEqual(['', 'Second | here', 'Shell | here']);
    expect(run.stderr).toContain('2 of 3 succeeded');
    expect(run.stderr).toMatch(/Closed\s+refused/);
  });

  it('says why an agent refuses', async () => {
    const run = await parley('run', 'closed', '--', 'id');
    expect(run.code).toBe(126);
    expect(run.stderr).toContain('without a policy');
  });

  it('says that there is no such agent', async () => {
    const run = await parley('run', 'nobody', '--', 'id');
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('There is no agent "nobody"');
  });

  it('keeps a bounded part of a flood, and lets the command end', async () => {
    const run = await parley('run', 'shell', '--json', '--', 'yes | head -c 20000000; echo done >&2');
    const command = JSON.parse(run.stdout) as CommandRecord;
    expect(command).toMatchObject({ state: 'succeeded', truncated: true });
    let bytes = 0;
    for (let afterSeq = 0, hasMore = true; hasMore; ) {
      const page = await api().commandOutput(command.id, { afterSeq });
      for (const piece of page.pieces) bytes += Buffer.byteLength(piece.data);
      afterSeq = page.pieces.at(-1)?.seq ?? afterSeq;
      hasMore = page.hasMore;
    }
    expect(bytes).toBeGreaterThan(900_000);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  });

  it('runs a command once that is sent again, also with another connection', async () => {
    const file = path.join(folder, `${newId()}.log`);
    const frame = {
      type: 'command.run',
      id: newId(),
      agentId: 'shell',
      command: `echo once >> ${file}`,
    } as const;
    for (let time = 0; time < 3; time++) {
      const client = await connectRaw(system.webSocketUrl);
      client.send(frame);
      await client.received('command.status', ({ id }) => id === frame.id);
      client.terminate();
    }
    await until(frame.id, ({ state }) => state === 'succeeded');
    expect(await readFile(file, 'utf8')).toBe('once\n');
  });

  it('keeps what waits for a paused agent in order', async () => {
    const client = await connectRaw(system.webSocketUrl);
    const file = path.join(folder, `${newId()}.order`);
    client.send({ type: 'agent.control', agentId: 'shell-b', action: 'pause' });
    await eventually(async () => {
      const found = (await api().agents()).agents.find(({ agentId }) => agentId === 'shell-b');
      if (found?.state !== 'paused') throw new Error(`it is ${found?.state}`);
    });
    const ids: string[] = [];
    for (let number = 1; number <= 5; number++) {
      const { commands } = await api().runCommand({
        agentId: 'shell-b',
        command: `echo ${number} >> ${file}`,
      });
      ids.push(commands[0]?.id ?? '');
    }
    expect((await api().command(ids[0] ?? '')).state).toBe('queued');
    client.send({ type: 'agent.control', agentId: 'shell-b', action: 'resume' });
    for (const id of ids) await until(id, ({ state }) => state === 'succeeded');
    const sent = await Promise.all(ids.map(async (id) => (await api().command(id)).sentAt ?? ''));
    expect(sent.toSorted()).toEqual(sent);
    client.terminate();
  });

  it('tells what an agent does, and shuts it down', async () => {
    const agent = await system.startAgent({ use: 'echo', id: 'leaver', name: 'Leaver' });
    const { commands } = await api().runCommand({ agentId: 'leaver', commandType: 'status', command: '' });
    const status = await until(commands[0]?.id ?? '', ({ state }) => state === 'succeeded');
    expect((await api().commandOutput(status.id)).pieces.map(({ data }) => data).join('')).toContain(
      'Leaver',
    );
    const client = await connectRaw(system.webSocketUrl);
    client.send({ type: 'agent.control', agentId: 'leaver', action: 'shutdown' });
    expect(await agent.exited).toBe(0);
    client.terminate();
  });

  it('runs a command whose approval another one gave', async () => {
    const agent = await system.startAgent({
      use: 'shell',
      id: 'careful',
      name: 'Careful',
      policy: path.join(folder, 'careful.json'),
    });
    const { commands } = await api().runCommand({ agentId: 'careful', command: 'echo hello' });
    const id = commands[0]?.id ?? '';
    expect(await until(id, ({ state }) => state === 'awaiting_approval')).toMatchObject({
      rule: 'greetings',
    });
    await api().approveCommand(id);
    // Nobody signs in here, so that there is nobody else; the record says so.
    expect(await until(id, ({ state }) => state === 'succeeded')).toMatchObject({
      approvedBy: { isRequester: true },
    });
    await agent.kill();
  });

  it('enters who did what, and finds what was changed in an export', async () => {
    await parley('run', 'closed', '--', 'secret-mission');
    const client = await connectRaw(system.webSocketUrl);
    client.send({ type: 'agent.control', agentId: 'closed', action: 'pause' });
    client.send({ type: 'agent.control', agentId: 'closed', action: 'resume' });
    await eventually(async () => {
      const { entries } = await api().audit({ agentId: 'closed', action: 'agent.resume' });
      expect(entries).toHaveLength(1);
    });
    client.terminate();
    const { entries } = await api().audit({ agentId: 'closed' });
    const ran = entries.find(
      ({ action, details }) => action === 'command.run' && details?.command === 'secret-mission',
    );
    expect(ran).toMatchObject({ actor: { id: 'local' }, remoteAddress: '127.0.0.1', result: 'queued' });
    expect(entries.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['agent.registered', 'agent.pause', 'agent.resume', 'command.refused']),
    );

    expect(await parley('audit', 'verify')).toMatchObject({ code: 0, stderr: '' });
    const exported = await parley('audit', 'export');
    const lines = exported.stdout.trimEnd().split('\n');
    expect(lines.map((line, index) => AuditEntry.parse(JSON.parse(line)).seq === index + 1)).not.toContain(
      false,
    );
    const file = path.join(folder, 'audit.jsonl');
    const verify = async (changed: readonly string[], ...more: string[]): Promise<CliOutcome> => {
      await writeFile(file, '');
      await appendFile(file, `${changed.join('\n')}\n`);
      return parley('audit', 'verify', '--file', file, ...more);
    };
    expect((await verify(lines)).code).toBe(0);
    const hashAt = (index: number): string => AuditEntry.parse(JSON.parse(lines.at(index) ?? '')).hash;
    const grown = await verify(lines, '--head', hashAt(-3));
    expect(grown).toMatchObject({ code: 0, stderr: '' });
    expect(grown.stdout).toContain('2 of them follow');
    const cut = await verify(lines.slice(0, -1), '--head', hashAt(-1));
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('no entry has the hash') });
    const at = lines.findIndex((line) => line.includes('secret-mission'));
    const seq = at + 1;
    expect((await verify(lines.with(at, (lines[at] ?? '').replace('secret', 'public')))).stderr).toContain(
      `entry ${seq} (command.run) was changed`,
    );
    expect((await verify(lines.toSpliced(at, 1))).stderr).toContain(`entry ${seq} is missing`);
    const moved = lines.with(at, lines[at + 1] ?? '').with(at + 1, lines[at] ?? '');
    expect((await verify(moved)).stderr).toContain(`entry ${seq} comes after entry ${seq + 1}`);
  });
});

describe('commands over two servers on one RabbitMQ and PostgreSQL', () => {
  let system: ParleySystem;
  let other: OtherServer;
  beforeAll(async () => {
    system = await startSystem({
      driver: 'rabbitmq',
      hasPostgres: true,
      agents: [{ use: 'shell', id: 'shell', policy: ALLOW_ALL }],
    });
    other = await system.startOtherServer();
  }, 180_000);
  afterAll(() => system?.stop());

  it('go from the one to the agent at the other and back, output and cancellation too', async () => {
    const env = { PARLEY_URL: other.url };
    const ran = await runCli(['run', 'shell', '--', 'for n in 1 2 3; do echo $n; done; exit 5'], { env });
    expect(ran).toEqual({ code: 5, stdout: '1\n2\n3\n', stderr: '' });
    const run = startCli(['run', 'shell', '--', 'echo begun; sleep 300'], env);
    await run.wrote('begun');
    run.child.kill('SIGINT');
    expect(await run.exited).toBe(130);
  });
});
