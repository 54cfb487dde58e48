import type { MessageBus } from '@parley/messaging';
import { type BusFolder, makeBusFolder } from '@parley/messaging/test-queue';
import { createLogger, type Logger } from '@parley/process-kit';
import type { Transition } from '@parley/requests';
import { aRouting } from '@parley/requests/testing';
import { AgentProfile, type ChatMessage, newId, type Target } from '@parley/shared-models';
import { openStore, type Store } from '@parley/store';
import { route } from '@parley/store/testing';
import { ServerConfig } from '../src/config.ts';
import { createServices } from '../src/create-services.ts';
import type { ServerServices } from '../src/server-services.ts';
import { LOCAL_USER } from '../src/users/local-user.ts';

export const silent: Logger = createLogger('test', 'silent');

/** The settings of a server in a test, with ports of its own. */
export function testConfig(settings: Record<string, string> = {}): ServerConfig {
  return ServerConfig.parse({ PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'silent', ...settings });
}

/** A real store and a real embedded queue in a folder of their own. */
export interface Ground {
  readonly folder: BusFolder;
  readonly bus: MessageBus;
  readonly store: Store;
  remove(): Promise<void>;
}

export async function makeGround(options: { publishTimeoutMs?: number } = {}): Promise<Ground> {
  const folder = await makeBusFolder();
  const bus = await folder.open(options);
  const store = await openStore({ dataDir: folder.dataDir, databaseUrl: undefined, logger: silent });
  return {
    folder,
    bus,
    store,
    async remove() {
      await store.close();
      await folder.remove();
    },
  };
}

/** The parts of a server without its ports, for the handlers of frames and queues. */
export interface ServicesFixture extends Ground {
  readonly services: ServerServices;
  /** Stores a message of the local user as an accepted frame does, and returns it. */
  accept(text: string, more?: { conversationId?: string; target?: Target }): Promise<ChatMessage>;
  /** Stores that a broker has given the message to the agent. @param attempt @default 0 */
  give(message: Pick<ChatMessage, 'id'>, agentId: string, attempt?: number): Promise<Transition>;
  /** An agent that is there, with its queue; returns its incarnation. */
  register(agentId: string, instanceId?: string): Promise<number>;
}

export async function makeServices(
  settings: Record<string, string> = {},
  options: { publishTimeoutMs?: number } = {},
): Promise<ServicesFixture> {
  const ground = await makeGround(options);
  const { bus, store } = ground;
  const config = testConfig({ DATA_DIR: ground.folder.dataDir, ...settings });
  const { services, stop } = await createServices(config, { bus, store, logger: silent });
  return {
    ...ground,
    services,
    async accept(text, { conversationId = newId(), target } = {}) {
      const { message } = await store.apply({
        type: 'submitted',
        message: {
          id: newId(),
          conversationId,
          kind: 'TEXT',
          sender: { kind: 'user', id: LOCAL_USER.id, name: LOCAL_USER.name },
          text,
          createdAt: new Date().toISOString(),
        },
        ownerId: LOCAL_USER.id,
        target,
      });
      if (message === undefined) throw new Error('the message was not stored');
      return message;
    },
    give: ({ id }, agentId, attempt = 0) => route(store, aRouting(id, agentId, attempt)),
    async register(agentId, instanceId = newId()) {
      const profile = AgentProfile.parse({ name: agentId, group: agentId });
      return (await services.agents.register({ agentId, isExclusive: true, instanceId, profile }))
        .incarnation;
    },
    async remove() {
      await stop();
      await ground.remove();
    },
  };
}
