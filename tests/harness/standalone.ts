import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createVhost } from '@parley/messaging/testing';
import { freePort } from './free-port.ts';
import { type ParleyProcess, startProcess } from './parley-process.ts';
import type { QueueDriver } from './parley-system.ts';

/** What `npm start` runs: server, broker and the shipped agents in one process, with data of its own. */
export interface Standalone {
  readonly url: string;
  readonly process: ParleyProcess;
  /** Kills it as a power cut would, and starts it anew on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when these agents are online. */
export async function startStandalone(options: {
  driver: QueueDriver;
  /** Their ids. */
  agents: readonly string[];
  env?: Readonly<Record<string, string>>;
}): Promise<Standalone> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'parley-test-'));
  const vhost = options.driver === 'rabbitmq' ? await createVhost() : undefined;
  const env: Record<string, string> = {
    PORT: String(await freePort()),
    GRPC_PORT: String(await freePort()),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'info',
    ...(vhost === undefined ? {} : { AMQP_URL: vhost.amqpUrl }),
    ...options.env,
  };
  const start = async (): Promise<ParleyProcess> => {
    const process = startProcess('standalone', env);
    const registered = new Set<unknown>();
    await process.logged((line) => {
      if (line.msg === 'registered') registered.add(line.agentId);
      return options.agents.every((agentId) => registered.has(agentId));
    });
    return process;
  };
  let process = await start();
  return {
    url: `http://127.0.0.1:${env.PORT}`,
    get process() {
      return process;
    },
    async restart() {
      await process.kill();
      process = await start();
    },
    async stop() {
      await process.kill();
      await vhost?.remove();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
