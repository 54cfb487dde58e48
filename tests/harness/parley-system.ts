import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createVhost } from '@parley/messaging/testing';
import { createPostgresSchema } from '@parley/store/testing';
import { freePort } from './free-port.ts';
import { type ParleyProcess, startProcess } from './parley-process.ts';

export type QueueDriver = 'embedded' | 'rabbitmq';
export const QUEUE_DRIVERS: readonly QueueDriver[] = ['embedded', 'rabbitmq'];

/** Whether suites run on every kind of system: EVERY_KIND=true. Else each queue and each store have their turn. */
const isThorough = process.env.EVERY_KIND === 'true';

/** For what speaks with the server only, through which it cannot tell the queues apart. */
export const CLIENT_QUEUE_DRIVERS: readonly QueueDriver[] = isThorough ? QUEUE_DRIVERS : ['embedded'];

interface SystemKind {
  readonly driver: QueueDriver;
  readonly hasPostgres: boolean;
  readonly kind: string;
}

/** Queue and store as they are run together: what is promised about delivery holds for each. */
export const SYSTEM_KINDS: readonly SystemKind[] = [
  { driver: 'embedded', hasPostgres: false, kind: 'the embedded queue and SQLite' },
  ...(isThorough ? [{ driver: 'rabbitmq', hasPostgres: false, kind: 'RabbitMQ and SQLite' } as const] : []),
  { driver: 'rabbitmq', hasPostgres: true, kind: 'RabbitMQ and PostgreSQL' },
];

/** A further server on the same queue and store. */
export interface OtherServer {
  readonly process: ParleyProcess;
  readonly url: string;
  readonly webSocketUrl: string;
  /** What a process needs in its settings to join this server instead of the first. */
  readonly env: Readonly<Record<string, string>>;
}

export interface AgentToStart {
  /** A shipped agent. */
  readonly use?: string;
  readonly file?: string;
  readonly name?: string;
  readonly id?: string;
  /** What the shell agent may run: a file. One that allows everything is allowed to join where nobody signs in. */
  readonly policy?: string;
  /** Settings of its own, over those of the system. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Server, broker and agents as separate processes with queues and a store of their own. */
export interface ParleySystem {
  readonly url: string;
  readonly webSocketUrl: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly server: ParleyProcess;
  readonly broker: ParleyProcess;
  readonly agents: readonly ParleyProcess[];
  startServer(): Promise<ParleyProcess>;
  /** @param more settings of its own, over those of the system */
  startOtherServer(more?: Readonly<Record<string, string>>): Promise<OtherServer>;
  /** @param more settings of its own, over those of the system */
  startBroker(more?: Readonly<Record<string, string>>): Promise<ParleyProcess>;
  startAgent(agent: AgentToStart): Promise<ParleyProcess>;
  stop(): Promise<void>;
}

export interface SystemOptions {
  readonly driver: QueueDriver;
  /** @default [{ use: 'echo' }] */
  readonly agents?: readonly AgentToStart[];
  /** The store in PostgreSQL instead of SQLite. @default false */
  readonly hasPostgres?: boolean;
  /** Settings for every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default true */
  readonly hasBroker?: boolean;
  /** false where LOG_LEVEL keeps quiet about what is waited for: `/ready` and the agents' list are asked instead. @default true */
  readonly waitForLog?: boolean;
}

/** Resolves when a message sent now would be answered. */
export async function startSystem(options: SystemOptions): Promise<ParleySystem> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'parley-test-'));
  const vhost = options.driver === 'rabbitmq' ? await createVhost() : undefined;
  const schema = options.hasPostgres === true ? await createPostgresSchema() : undefined;
  const [port, grpcPort] = [await freePort(), await freePort()];
  const env: Record<string, string> = {
    PORT: String(port),
    GRPC_PORT: String(grpcPort),
    GRPC_URL: `127.0.0.1:${grpcPort}`,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'debug',
    HEARTBEAT_MS: '2000',
    AGENT_GRACE_MS: '3000',
    ...(vhost === undefined ? {} : { AMQP_URL: vhost.amqpUrl }),
    ...(schema === undefined ? {} : { DATABASE_URL: schema.databaseUrl }),
    ...options.env,
  };
  const url = `http://127.0.0.1:${port}`;
  const hasLog = options.waitForLog ?? true;
  const running: { server?: ParleyProcess; broker?: ParleyProcess; agents: ParleyProcess[] } = { agents: [] };
  const all = new Set<ParleyProcess>();
  const track = (process: ParleyProcess): ParleyProcess => {
    all.add(process);
    return process;
  };

  const required = (process: ParleyProcess | undefined): ParleyProcess => {
    if (process === undefined) throw new Error('it was not started');
    return process;
  };

  const system: ParleySystem = {
    url,
    webSocketUrl: webSocketOf(url),
    dataDir,
    env,
    get server() {
      return required(running.server);
    },
    get broker() {
      return required(running.broker);
    },
    get agents() {
      return running.agents;
    },
    async startServer() {
      running.server = track(startProcess('server', env));
      if (hasLog) await running.server.logged((line) => line.msg === 'serving');
      else await until(() => answers(`${url}/health`));
      return running.server;
    },
    async startOtherServer(more = {}) {
      const [otherPort, otherGrpcPort] = [await freePort(), await freePort()];
      const own = {
        ...more,
        PORT: String(otherPort),
        GRPC_PORT: String(otherGrpcPort),
        GRPC_URL: `127.0.0.1:${otherGrpcPort}`,
      };
      const process = track(startProcess('server', { ...env, ...own }));
      await process.logged((line) => line.msg === 'serving');
      const otherUrl = `http://127.0.0.1:${otherPort}`;
      return { process, url: otherUrl, webSocketUrl: webSocketOf(otherUrl), env: own };
    },
    async startBroker(more = {}) {
      running.broker = track(startProcess('broker', { ...env, ...more }));
      if (hasLog) await running.broker.logged((line) => line.msg === 'routing');
      else await until(() => answers(`${url}/ready`));
      return running.broker;
    },
    async startAgent({ use, file, name, id, policy, env: more = {} }) {
      const args = [
        ...(use === undefined ? [] : ['--use', use]),
        ...(file === undefined ? [] : ['--file', file]),
        ...(name === undefined ? [] : ['--name', name]),
        ...(id === undefined ? [] : ['--id', id]),
        ...(policy === undefined ? [] : ['--policy', policy, '--allow-everything-without-sign-in']),
      ];
      const agent = track(startProcess('agent', { ...env, ...more }, args));
      running.agents.push(agent);
      const before = running.agents.length;
      if (hasLog) await agent.logged((line) => line.msg === 'registered');
      else await until(async () => (await onlineAgents(url)) >= before);
      return agent;
    },
    async stop() {
      for (const process of all) process.signal('SIGCONT');
      await Promise.all([...all].map((process) => process.kill()));
      await vhost?.remove();
      await schema?.remove();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  try {
    await system.startServer();
    await Promise.all([
      options.hasBroker === false ? undefined : system.startBroker(),
      ...(options.agents ?? [{ use: 'echo' }]).map((agent) => system.startAgent(agent)),
    ]);
  } catch (error) {
    await system.stop();
    throw error;
  }
  return system;
}

const webSocketOf = (url: string): string => `${url.replace('http', 'ws')}/ws`;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

async function onlineAgents(url: string): Promise<number> {
  const { agents } = (await (await fetch(`${url}/api/agents`)).json()) as { agents: { state: string }[] };
  return agents.filter((agent) => agent.state === 'online').length;
}
