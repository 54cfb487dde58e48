import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { BROKER_INPUT_QUEUE } from '@parley/shared-models';
import type { OutboxEntry, Store } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { chatEnvelope } from './chat-envelope.ts';
import { createRelay, type Relay } from './relay.ts';

/** Brings stored messages to `broker_input_queue`. */
export type OutboxRelay = Relay<OutboxEntry>;

export function createOutboxRelay(options: {
  store: Store;
  bus: MessageBus;
  logger: Logger;
  /** What this server knows of the agents: who sends a message has seen no more of them. */
  agents: Pick<AgentRegistry, 'revision'>;
}): OutboxRelay {
  const { store, bus, agents } = options;
  return createRelay(
    {
      name: 'messages',
      idOf: (entry) => entry.message.id,
      publish: (entry) => bus.publish(BROKER_INPUT_QUEUE, chatEnvelope(entry, agents.revision)),
      markPublished: (entries) =>
        store.markPublished(entries.map(({ message, attempt }) => ({ messageId: message.id, attempt }))),
      take: (options) => store.takeOutbox(options),
    },
    options,
  );
}
