import type { AgentServices } from '@parley/control-plane';
import type { MessageBus, Signal, Subscription } from '@parley/messaging';
import {
  type BusFolder,
  collectDeliveries,
  type Deliveries,
  makeBusFolder,
} from '@parley/messaging/test-queue';
import {
  agentQueue,
  BROKER_INPUT_QUEUE,
  type ChatMessage,
  DEAD_LETTER_QUEUE,
  deriveId,
  newId,
} from '@parley/shared-models';
import { type AgentCode, codeInThisThread } from '../src/agent-code.ts';
import type { AgentDefinition } from '../src/agent-definition.ts';
import { createMessageHandler, type MessageHandler } from '../src/message-handler.ts';
import { createWorkMeter, type WorkMeter } from '../src/work-meter.ts';
import { createInMemoryServices } from './in-memory-services.ts';
import { type RecordedLine, recordedLog } from './recorded-log.ts';
import { requestEnvelope, requestOf } from './requests.ts';

export const AGENT = { id: 'tess', name: 'Tess' } as const;

/** An agent's message handler on a real embedded queue; the broker and the dead letters' reader are the test. */
export interface HandlerFixture {
  readonly folder: BusFolder;
  readonly bus: MessageBus;
  readonly handler: MessageHandler;
  readonly meter: WorkMeter;
  readonly consumer: Subscription;
  /** The deliveries of `broker_input_queue`. */
  readonly written: Deliveries;
  readonly dead: Deliveries;
  /** The logged lines. */
  readonly lines: readonly RecordedLine[];
  /** Fleeting frames for the conversations of `ask`. */
  readonly signals: readonly { type: string; body: unknown }[];
  /** Requests that the server knows to have ended. */
  readonly ended: Set<string>;
  /** The server's answer to whether a request is wanted; a test may put something else here. */
  isWanted: (requestId: string) => Promise<boolean>;
  /** As the server knows it; a test may change it, as a further registration does. */
  incarnation: number;
  /** Puts a request into the agent's queue and returns it. */
  ask(
    text: string,
    more?: { conversationId?: string; headers?: Record<string, string | number> },
  ): Promise<ChatMessage>;
  /** Puts it there again, as a redelivery or a duplicate would. */
  askAgain(request: ChatMessage, headers?: Record<string, string | number>): Promise<void>;
  /** The bodies of the written messages, parsed, with the type. */
  bodies(): Record<string, unknown>[];
  remove(): Promise<void>;
}

export const replyId = (request: ChatMessage, ordinal: number): string =>
  deriveId(request.id, AGENT.id, ordinal);

export async function startHandler(
  definition: Omit<AgentDefinition, 'name'>,
  {
    prefetch = 10,
    publishTimeoutMs = 30_000,
    abortGraceMs,
    listeningSince = 0,
    services: given = {},
    code = codeInThisThread({ name: AGENT.name, ...definition }),
  }: {
    prefetch?: number;
    publishTimeoutMs?: number;
    abortGraceMs?: number;
    listeningSince?: number;
    /** Instead of those that are kept in memory. */
    services?: Partial<AgentServices>;
    code?: AgentCode;
  } = {},
): Promise<HandlerFixture> {
  const folder = await makeBusFolder();
  const log = recordedLog();
  const bus = await folder.open({ publishTimeoutMs });
  const meter = createWorkMeter(() => prefetch);
  const ended = new Set<string>();
  const services = {
    ...createInMemoryServices(),
    isWanted: ({ requestId }: { requestId: string }) => fixture.isWanted(requestId),
    ...given,
  };
  const handler = createMessageHandler({
    bus,
    code: () => code,
    group: () => AGENT.id,
    services: () => services,
    identity: () => ({ ...AGENT, incarnation: fixture.incarnation }),
    listeningSince: () => listeningSince,
    meter,
    logger: log.logger,
    ...(abortGraceMs === undefined ? {} : { abortGraceMs }),
  });
  const written = collectDeliveries();
  const dead = collectDeliveries();
  const signals: { type: string; body: unknown }[] = [];
  await bus.declareAgentQueue(AGENT.id);
  await bus.consume(BROKER_INPUT_QUEUE, written.handler, { prefetch: 100 });
  await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 100 });
  const consumer = await bus.consume(agentQueue(AGENT.id), (delivery) => handler.handle(delivery), {
    prefetch,
  });
  const listening = await bus.subscribe(`test-${newId()}`, ({ type, body }: Signal) => {
    signals.push({ type, body: JSON.parse(Buffer.from(body).toString()) });
  });

  const put = (request: ChatMessage, headers?: Record<string, string | number>): Promise<void> =>
    bus.publish(agentQueue(AGENT.id), requestEnvelope(request, headers));

  const fixture: HandlerFixture = {
    folder,
    bus,
    handler,
    meter,
    consumer,
    written,
    dead,
    lines: log.lines,
    signals,
    ended,
    isWanted: async (requestId) => !ended.has(requestId),
    incarnation: 3,
    async ask(text, { conversationId = newId(), headers } = {}) {
      await listening.bind(conversationId);
      const request = requestOf(text, conversationId);
      await put(request, headers);
      return request;
    },
    askAgain: put,
    bodies: () =>
      written.all.map(({ envelope }) => ({
        type: envelope.type,
        ...(JSON.parse(Buffer.from(envelope.body).toString()) as object),
      })),
    async remove() {
      handler.abandon();
      await folder.remove();
    },
  };
  return fixture;
}
