import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startTcpProxy, type TcpProxy } from '@parley/messaging/testing';
import { freePort } from '../harness/free-port.ts';
import { type ParleyProcess, startProcess } from '../harness/parley-process.ts';
import { FaultSettings } from './processes/fault-settings.ts';

export const MEMBERS = ['server', 'broker', 'agent-a', 'agent-b'] as const;
export type MemberName = (typeof MEMBERS)[number];

/**
 * The processes under test, each with its own way to RabbitMQ. One that a deadly message killed is started again, as by whoever
 * watches over processes: a copy of the message may come when the message has long ended.
 */
export interface Fleet {
  readonly url: string;
  readonly dataDir: string;
  start(name: MemberName): Promise<void>;
  kill(name: MemberName): Promise<void>;
  member(name: MemberName): ParleyProcess;
  /** Its way to RabbitMQ; undefined with the embedded queue. */
  proxy(name: MemberName): TcpProxy | undefined;
  /** Its way to the server's gRPC port; undefined for the server itself. */
  grpcProxy(name: MemberName): TcpProxy | undefined;
  stop(): Promise<void>;
}

export interface FleetOptions {
  readonly seed: number;
  /** Undefined: the embedded queue. */
  readonly amqpUrl?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly faults?: Partial<FaultSettings>;
  readonly dataDir?: string | undefined;
}

const entry = (file: string): string => path.join(import.meta.dirname, 'processes', file);
const MAINS: Readonly<Record<MemberName, string>> = {
  server: entry('server-main.ts'),
  broker: entry('broker-main.ts'),
  'agent-a': entry('agent-main.ts'),
  // An agent in another language: over one stream, and with no way to the queue.
  'agent-b': entry('hosted-agent-main.ts'),
};
const READY: Readonly<Record<MemberName, string>> = {
  server: 'serving',
  broker: 'routing',
  'agent-a': 'registered',
  'agent-b': 'registered',
};

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(os.tmpdir(), 'parley-faults-')));
  const [port, grpcPort] = [await freePort(), await freePort()];
  const members = new Map<MemberName, ParleyProcess>();
  /** Those that were not killed by this process. */
  const watched = new Set<ParleyProcess>();
  const watches: Promise<void>[] = [];
  let isStopped = false;
  const proxies = new Map<MemberName, TcpProxy>();
  if (options.amqpUrl !== undefined) {
    for (const name of MEMBERS) proxies.set(name, await startTcpProxy(options.amqpUrl));
  }

  const grpcProxies = new Map<MemberName, TcpProxy>();
  for (const name of MEMBERS) {
    if (name !== 'server') grpcProxies.set(name, await startTcpProxy(`grpc://127.0.0.1:${grpcPort}`));
  }

  const environment = (name: MemberName): Record<string, string> => {
    const proxy = proxies.get(name);
    const grpcProxy = grpcProxies.get(name);
    const faults = FaultSettings.parse({ ...options.faults, seed: options.seed + MEMBERS.indexOf(name) });
    return {
      PORT: String(port),
      GRPC_PORT: String(grpcPort),
      ...(grpcProxy === undefined ? {} : { GRPC_URL: new URL(grpcProxy.url).host }),
      DATA_DIR: dataDir,
      LOG_LEVEL: 'info',
      RATE_LIMIT: 'off',
      HEARTBEAT_MS: '500',
      AGENT_GRACE_MS: '4000',
      DRAIN_TIMEOUT_MS: '3000',
      FAULTS: JSON.stringify(faults),
      ...(name.startsWith('agent') ? { AGENT_ID: `worker-${name.slice(-1)}` } : {}),
      ...(proxy === undefined ? {} : { AMQP_URL: proxy.url }),
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    };
  };

  /** Whether it was killed by what it was handed. */
  const wasKilled = async (member: ParleyProcess): Promise<boolean> =>
    (await member.exited) === null && watched.has(member);
  const watch = async (name: MemberName, member: ParleyProcess): Promise<void> => {
    if (!(await wasKilled(member))) return;
    await fleet.start(name).catch((error: unknown) => {
      if (!isStopped) throw error;
    });
  };

  const fleet: Fleet = {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    async start(name) {
      for (;;) {
        if (isStopped) throw new Error(`${name} was not started: the fleet is stopping`);
        const member = startProcess(name, environment(name), [], MAINS[name]);
        members.set(name, member);
        watched.add(member);
        try {
          await member.logged((line) => line.msg === READY[name]);
          watches.push(watch(name, member));
          return;
        } catch (error) {
          if (!(await wasKilled(member))) throw error;
        }
      }
    },
    async kill(name) {
      watched.delete(fleet.member(name));
      await fleet.member(name).kill();
    },
    member(name) {
      const member = members.get(name);
      if (member === undefined) throw new Error(`${name} was not started`);
      return member;
    },
    proxy: (name) => proxies.get(name),
    grpcProxy: (name) => grpcProxies.get(name),
    async stop() {
      isStopped = true;
      watched.clear();
      for (const member of members.values()) member.signal('SIGCONT');
      await Promise.all([...members.values()].map((member) => member.kill()));
      await Promise.all(watches);
      await Promise.all([...proxies.values(), ...grpcProxies.values()].map((proxy) => proxy.close()));
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
  try {
    await fleet.start('server');
    await Promise.all((['broker', 'agent-a', 'agent-b'] as const).map((name) => fleet.start(name)));
  } catch (error) {
    await fleet.stop();
    throw error;
  }
  return fleet;
}
