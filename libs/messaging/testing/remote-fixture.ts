import { createControlPlaneClient, startControlPlaneServer } from '@parley/control-plane';
import { createInMemoryHandlers } from '@parley/control-plane/testing';
import { newId } from '@parley/shared-models';
import { type BusFixture, silentLogger } from '../conformance/bus-fixture.ts';
import type { BusOptions } from '../src/bus-options.ts';
import type { MessageBus } from '../src/message-bus.ts';
import { createRemoteBus } from '../src/remote/remote-bus.ts';
import { type QueuePermissions, serveQueue } from '../src/remote/serve-queue.ts';
import { type BusFolder, makeBusFolder } from './bus-folder.ts';

const yes = (): boolean => true;
/** Of a member without restrictions. */
export const UNRESTRICTED: QueuePermissions = {
  publish: yes,
  publishEvent: yes,
  consume: yes,
  declare: yes,
  remove: yes,
  look: yes,
  signal: yes,
  listen: yes,
};

export interface RemoteFixture extends BusFixture {
  readonly folder: BusFolder;
  /** The server's own, on which the remote ones are served. */
  serverBus(): Promise<MessageBus>;
  readonly url: string;
}

/** A server with a queue of its own, and buses that reach it as further processes would. */
export async function createRemoteFixture({
  may = {},
  keepaliveMs = 10_000,
  dataDir,
}: {
  may?: Partial<QueuePermissions>;
  keepaliveMs?: number;
  /** @default a new one */
  dataDir?: string;
} = {}): Promise<RemoteFixture> {
  const folder = await makeBusFolder(dataDir);
  let served: Promise<MessageBus> | undefined;
  const serverBus = (options: Partial<BusOptions> = {}): Promise<MessageBus> => {
    served ??= folder.open(options);
    return served;
  };
  const serving = new Set<Promise<void>>();
  const server = await startControlPlaneServer({
    host: '127.0.0.1',
    port: 0,
    logger: silentLogger,
    keepaliveMs,
    keepaliveTimeoutMs: keepaliveMs,
    handlers: {
      ...createInMemoryHandlers(),
      async connectQueue({ brokerId = '' }, requests, push, { signal: gone }) {
        const bus = await serverBus();
        const ended = serveQueue({
          bus,
          requests,
          push,
          gone,
          may: { ...UNRESTRICTED, ...may },
          name: brokerId,
          logger: silentLogger,
        });
        serving.add(ended);
        await ended.finally(() => serving.delete(ended));
      },
    },
  });
  const url = `127.0.0.1:${server.port}`;
  const detaches: (() => void)[] = [];
  return {
    folder,
    url,
    serverBus,
    address: { grpcUrl: url },
    async open(options) {
      await serverBus(options);
      const bus = createRemoteBus({ logger: silentLogger, ...options });
      detaches.push(attachTo(bus, url));
      await isUp(bus);
      return bus;
    },
    async publishMalformed(queue, body) {
      await serverBus();
      const file = folder.look();
      const insert = file.prepare('INSERT INTO messages (queue_id) SELECT id FROM queues WHERE name = ?');
      const { lastInsertRowid } = insert.run(queue);
      file
        .prepare(
          `INSERT INTO envelopes (id, message_id, type, timestamp, headers, body) VALUES (?, '', '', 0, '', ?)`,
        )
        .run(lastInsertRowid, body);
    },
    async remove() {
      for (const detach of detaches) detach();
      await server.stop();
      await Promise.all(serving);
      await folder.remove();
    },
  };
}

/** Lets the bus reach the server's queue. Returns the function that ends that. */
export function attachTo(bus: MessageBus, grpcUrl: string, keepaliveMs = 10_000): () => void {
  const client = createControlPlaneClient({ url: grpcUrl, keepaliveMs, logger: silentLogger });
  const brokerId = newId();
  bus.attach?.(async (signal) => client.connectQueue({ brokerId }, { signal }));
  return () => client.close();
}

/** Resolves when it can be used. */
export async function isUp(bus: MessageBus): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = bus.onHealth(({ state }) => {
    if (state === 'up') resolve();
  });
  if (bus.health().state !== 'up') await promise;
  stop();
}
