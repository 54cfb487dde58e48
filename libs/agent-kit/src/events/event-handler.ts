import { setTimeout as delay } from 'node:timers/promises';
import type { AgentServices } from '@parley/control-plane';
import { createKeyedMutex, type Delivery, eventOf, type MessageBus, Reject } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  AGENT_TIMEOUT_MS,
  type ChannelName,
  ParleyError,
  type PublishedEvent,
  storableText,
} from '@parley/shared-models';
import type { AgentCode } from '../agent-code.ts';
import type { AgentDefinition } from '../agent-definition.ts';
import { errorOf } from '../given/error-of.ts';
import { createRecentIds } from '../recent-ids.ts';
import { settleAfterAbort } from '../settle-after-abort.ts';
import { createEventReply } from './event-reply.ts';
import type { EventParts } from './handle-event.ts';

export interface EventHandlerOptions {
  readonly bus: MessageBus;
  /** Called for each event; an event in hand goes on with the code that it began with. */
  readonly code: () => AgentCode;
  readonly group: () => string;
  readonly services: () => AgentServices;
  readonly identity: () => { readonly id: string; readonly name: string; readonly incarnation: number };
  /** Called as soon as the agent's own code has ended, well or not. @default nothing */
  onReturned?(): void;
  readonly logger: Logger;
}

export interface EventHandler {
  handle(delivery: Delivery): Promise<void>;
  /** Ids of the events that the agent's own code has in hand. */
  inHand(): readonly string[];
  /** Stops all handling; the events go back to the queue. */
  abandon(): void;
}

const DEFAULT_ATTEMPTS = 3;
const FIRST_RETRY_MS = 200;
const REMEMBERED = 10_000;

/** Runs an agent's `onEvent` for each event of its group. Events of one correlation come one after another. */
export function createEventHandler(options: EventHandlerOptions): EventHandler {
  const { logger } = options;
  const mutex = createKeyedMutex();
  const finished = createRecentIds(REMEMBERED);
  const running = new Set<string>();
  const abandoned = new AbortController();

  const take = async (channel: ChannelName, event: PublishedEvent): Promise<void> => {
    if (abandoned.signal.aborted) throw new Error('the agent is going away');
    if (finished.has(event.id)) return;
    const code = options.code();
    const { definition } = code;
    if (definition.onEvent === undefined || !isWanted(definition, channel, event)) return;
    const attempts = definition.attempts ?? DEFAULT_ATTEMPTS;
    for (let attempt = 1; ; attempt++) {
      try {
        await runOnce(code, channel, event);
        finished.add(event.id);
        return;
      } catch (thrown) {
        const error = errorOf(thrown);
        if (abandoned.signal.aborted || error instanceof Reject) throw error;
        logger.warn({ err: error, eventId: event.id, attempt }, 'the agent threw while it handled an event');
        if (attempt >= attempts) {
          // One with a code is a sentence of its own.
          const said =
            error instanceof ParleyError ? error.message : `${definition.name} failed: ${error.message}`;
          const message = storableText(said);
          throw new Reject('agent_failed', message, { cause: error });
        }
        await delay(FIRST_RETRY_MS * 2 ** (attempt - 1), undefined, { signal: abandoned.signal }).catch(
          () => {},
        );
      }
    }
  };

  const runOnce = async (code: AgentCode, channel: ChannelName, event: PublishedEvent): Promise<void> => {
    const timeout = new AbortController();
    const timeoutMs = code.definition.timeoutMs ?? AGENT_TIMEOUT_MS;
    const timer = setTimeout(
      () => timeout.abort(new Error(`it took longer than ${timeoutMs} ms`)),
      timeoutMs,
    );
    const signal = AbortSignal.any([timeout.signal, abandoned.signal]);
    const aborted = Promise.withResolvers<never>();
    // Nobody races against it when the agent's code throws before it has returned a promise.
    aborted.promise.catch(() => {});
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    running.add(event.id);
    try {
      await settleAfterAbort(code.event(partsOf(channel, event, signal)), aborted.promise, signal);
    } finally {
      options.onReturned?.();
      running.delete(event.id);
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  };

  const partsOf = (channel: ChannelName, event: PublishedEvent, signal: AbortSignal): EventParts => {
    const { id, name } = options.identity();
    const group = options.group();
    const log = logger.child({ eventId: event.id, eventType: event.type });
    return {
      channel,
      event,
      agent: { id, name },
      group,
      services: options.services(),
      bus: options.bus,
      reply: createEventReply({
        bus: options.bus,
        event,
        agent: { kind: 'agent', id, name },
        group,
        incarnation: () => options.identity().incarnation,
        signal,
        logger: log,
      }),
      signal,
      logger: log,
    };
  };

  return {
    async handle({ envelope }) {
      const { channel, event } = eventOf(envelope);
      await mutex.run(event.correlationId ?? event.id, () => take(channel, event));
    },
    inHand: () => [...running],
    abandon: () => abandoned.abort(new Error('the agent is going away')),
  };
}

/** The group's queue may get more than it wants now: bindings of an earlier version of the agent stay. */
function isWanted(definition: AgentDefinition, channel: ChannelName, { type }: PublishedEvent): boolean {
  return (definition.subscriptions ?? []).some(
    (subscription) =>
      subscription.channel === channel &&
      (subscription.types === undefined || subscription.types.includes(type)),
  );
}
