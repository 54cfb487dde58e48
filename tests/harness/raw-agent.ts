import { type AgentMembership, joinAsAgent } from '@parley/control-plane';
import { connectBus, type Delivery, type MessageBus } from '@parley/messaging';
import { createLogger } from '@parley/process-kit';
import { AgentProfile, agentQueue, newId, type ReplyBody } from '@parley/shared-models';
import type { ParleySystem } from './parley-system.ts';

/** An agent in the test's own process that does only what it is told to: it registers and sends heartbeats, and nothing more. */
export interface RawAgent {
  readonly agentId: string;
  readonly bus: MessageBus;
  readonly membership: AgentMembership;
  /** Takes messages from now on; a resolved promise acknowledges. */
  consume(handler: (delivery: Delivery) => Promise<void>, prefetch?: number): Promise<void>;
  /** A piece of an answer that is being written. */
  write(request: Delivery, index: number): void;
  reply(request: Delivery, text: string): Promise<void>;
  stop(): Promise<void>;
}

const silent = createLogger('test', 'silent');

export async function startRawAgent(
  { env }: Pick<ParleySystem, 'env'>,
  agentId: string,
  profile: Partial<AgentProfile> = {},
  load: () => number = () => 0,
): Promise<RawAgent> {
  const bus = await connectBus({ amqpUrl: env.AMQP_URL, logger: silent });
  const registered = Promise.withResolvers<void>();
  const membership = joinAsAgent({
    url: env.GRPC_URL ?? '',
    logger: silent,
    agentId,
    isExclusive: true,
    profile: AgentProfile.parse({ name: agentId, group: agentId, ...profile }),
    queue: bus,
    load,
    metrics: () => ({ handled: 0, failed: 0, meanHandleMs: 0 }),
    state: () => 'online',
    onRegistered: () => registered.resolve(),
    onState: () => {},
    onCommand: () => {},
    onFenced: () => {},
  });
  await registered.promise;
  const conversationOf = ({ envelope }: Delivery): string => String(envelope.headers.conversation);
  return {
    agentId,
    bus,
    membership,
    async consume(handler, prefetch = 10) {
      await bus.consume(agentQueue(agentId), handler, { prefetch });
    },
    write(request, index) {
      const { messageId } = request.envelope;
      const conversationId = conversationOf(request);
      const delta = { messageId: newId(), conversationId, agentId, index, text: '…', inReplyTo: messageId };
      bus.signal({ type: 'chat.delta', key: conversationId, body: Buffer.from(JSON.stringify(delta)) });
    },
    async reply(request, text) {
      const { messageId, headers } = request.envelope;
      const body: ReplyBody = {
        id: newId(),
        conversationId: conversationOf(request),
        kind: 'REPLY',
        sender: { kind: 'agent', id: agentId, name: agentId },
        text,
        inReplyTo: messageId,
        createdAt: new Date().toISOString(),
      };
      await bus.publish('broker_input_queue', {
        messageId: body.id,
        correlationId: messageId,
        type: 'chat.reply',
        timestamp: Date.now(),
        headers: {
          ...headers,
          sender: `agent:${agentId}`,
          incarnation: membership.identity?.incarnation ?? 0,
        },
        body: Buffer.from(JSON.stringify(body)),
      });
    },
    async stop() {
      await membership.leave();
      await bus.close();
    },
  };
}
