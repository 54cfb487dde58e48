import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient, createHttpApi, type HttpApi } from '@parley/client';
import {
  AuditEntry,
  type CommandRecord,
  type CommandState,
  ERRORS,
  isFinalCommandState,
  newId,
  ParleyError,
} from '@parley/shared-models';
import { WebSocket } from 'ws';
import type { ParleyProcess } from '../../harness/parley-process.ts';
import { type ParleySystem, type QueueDriver, startSystem } from '../../harness/parley-system.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { type CommandVerdict, judgeCommands } from './command-verdict.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

export interface CommandFaultRun {
  readonly driver: QueueDriver;
  readonly hasPostgres?: boolean;
  readonly seed: number;
  /** Faults in the middle of commands. */
  readonly faults: number;
  readonly log?: (line: string) => void;
}

const FAULTS = [
  'the stream is cut',
  'the stream is cut',
  'the agent is killed',
  'the server is killed',
] as const;
type Fault = (typeof FAULTS)[number];

const ALLOW_ALL = path.resolve(import.meta.dirname, '../../../policies/allow-everything.json');
/** Commands under way when a fault strikes. */
const AT_ONCE = 3;
const SETTLE_MS = 30_000;
const LINES_SHOWN = 25;

export interface CommandFaultReport extends CommandVerdict {
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  /** How the commands ended that were under way, for each kind of fault. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Kills agents and the server, and cuts their connection, in the middle of commands; then looks at every one of them. */
export async function runCommandFaults(run: CommandFaultRun): Promise<CommandFaultReport> {
  const { log = () => undefined } = run;
  const random = createSeededRandom(run.seed);
  const system = await startSystem({
    driver: run.driver,
    hasPostgres: run.hasPostgres === true,
    agents: [],
    hasBroker: false,
    env: { HEARTBEAT_MS: '500', RATE_LIMIT: 'off' },
  });
  const proxy = await startCuttingProxy(Number(system.env.GRPC_PORT));
  const startAgent = () =>
    system.startAgent({
      use: 'shell',
      id: 'shell',
      policy: ALLOW_ALL,
      env: { GRPC_URL: `127.0.0.1:${proxy.port}` },
    });
  const told = new Map<string, CommandState[]>();
  const watcher = createClient({
    url: system.webSocketUrl,
    clientName: 'watcher',
    webSocket: WebSocket,
    reconnect: { minMs: 20, maxMs: 200 },
  });
  watcher.on('command.status', ({ id, state }) => {
    if (isFinalCommandState(state)) told.set(id, [...(told.get(id) ?? []), state]);
  });
  try {
    watcher.connect();
    let agent = await startAgent();
    const api = createHttpApi({ url: system.url });
    const ranFile = path.join(system.dataDir, 'ran.log');
    const asked: string[] = [];
    const faults: Partial<Record<Fault, number>> = {};
    const outcomes: Record<string, number> = {};

    for (let number = 1; number <= run.faults; number++) {
      const fault = random.pick(FAULTS);
      faults[fault] = (faults[fault] ?? 0) + 1;
      const asking = Array.from({ length: AT_ONCE }, () => {
        const id = newId();
        asked.push(id);
        const seconds = (random.integer(0, 60) / 100).toFixed(2);
        return ask(api, id, `echo ${id} >> ${ranFile}; echo begun; sleep ${seconds}; echo done`);
      });
      await wait(random.integer(0, 600));
      log(`${number}: ${fault}`);
      if (fault === 'the stream is cut') proxy.cut();
      else if (fault === 'the agent is killed') {
        await agent.kill();
        agent = await startAgent();
      } else {
        await system.server.kill();
        await system.startServer();
      }
      await Promise.all(asking);
      // Those of one fault are over before the next one: each is hit by one.
      const ended = await untilEnded(api, asked.slice(-AT_ONCE));
      for (const { id, state, errorMessage } of ended.values()) {
        if (!isFinalCommandState(state)) tellWhatWasLogged(id, { server: system.server, agent }, log);
        const what = `${fault}: ${state}${errorMessage === undefined ? '' : ` (${errorMessage})`}`;
        outcomes[what] = (outcomes[what] ?? 0) + 1;
      }
    }

    const states = new Map([...(await untilEnded(api, asked))].map(([id, { state }]) => [id, state]));
    const ran = (await readFile(ranFile, 'utf8')).split('\n').filter((line) => line !== '');
    const verdict = await judgeCommands({ asked, states, told, ran, audit: await auditOf(system) });
    return { ...verdict, faults, outcomes };
  } finally {
    await watcher.close();
    await system.stop();
    await proxy.stop();
  }
}

/** Asks with one id until the server has taken it, as a careful client does. */
async function ask(api: HttpApi, id: string, command: string): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    try {
      await api.runCommand({ id, agentId: 'shell', command });
      return;
    } catch (error) {
      const isPassing = error instanceof ParleyError && ERRORS[error.code].canRetry;
      if (!isPassing || performance.now() > deadline) throw error;
    }
    await wait(100);
  }
}

function tellWhatWasLogged(
  id: string,
  processes: Readonly<Record<string, ParleyProcess>>,
  log: (line: string) => void,
): void {
  log(`${id} does not end`);
  for (const [name, process] of Object.entries(processes)) {
    for (const line of process.log.slice(-LINES_SHOWN)) log(`  ${name}: ${JSON.stringify(line)}`);
  }
}

async function untilEnded(api: HttpApi, asked: readonly string[]): Promise<Map<string, CommandRecord>> {
  const records = new Map<string, CommandRecord>();
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    for (const id of asked) {
      const known = records.get(id);
      if (known === undefined || !isFinalCommandState(known.state)) records.set(id, await api.command(id));
    }
    const isOver = [...records.values()].every(({ state }) => isFinalCommandState(state));
    if (isOver || performance.now() > deadline) return records;
    await wait(100);
  }
}

async function auditOf({ url }: ParleySystem): Promise<AuditEntry[]> {
  const answer = await fetch(`${url}/api/audit/export`);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => AuditEntry.parse(JSON.parse(line)));
}
