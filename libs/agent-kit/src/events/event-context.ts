import type { Logger } from '@parley/process-kit';
import type { ChannelName, PublishedEvent } from '@parley/shared-models';
import type { z } from 'zod';
import type { AgentMemory } from '../agent-memory.ts';

/** Events of a channel that an agent wants. */
export interface EventSubscription {
  readonly channel: ChannelName;
  /** @default all types */
  readonly types?: readonly string[];
  /**
   * So many of the channel's last events come when the group subscribes to this for the very first time, after those that
   * were published since. @default 0
   */
  readonly replayLast?: number;
}

/** The shapes of payloads, by event type. An event whose payload does not fit becomes a dead letter. */
export type EventSchemas = Readonly<Record<string, z.ZodType>>;

/**
 * Publishes an event; resolves with its id when the queue has it. A handler that runs again for the same event or message
 * publishes the same ids again, which every receiver drops.
 * @param payload a JSON value
 * @param options.id the event's own idempotency key, a UUID. @default derived from the message or event being handled
 */
export type Publish = (
  channel: ChannelName,
  type: string,
  payload: unknown,
  options?: { readonly id?: string },
) => Promise<string>;

/** The context of a handler that handles one event. */
export interface EventContext {
  readonly channel: ChannelName;
  /** Its payload fits the schema that the definition has for its type. */
  readonly event: PublishedEvent;
  /** The agent itself, as it is registered. */
  readonly agent: { readonly id: string; readonly name: string };
  readonly publish: Publish;
  /** The agent's own memory: an event is about nobody in particular. */
  readonly memory: AgentMemory;
  /** The agent's memory about a person, by their id. */
  memoryAbout(userId: string): AgentMemory;
  /**
   * Says something in the conversation of a message that one of the group's agents has answered or handled, as a reply
   * to that message.
   */
  reply(text: string, to: { readonly messageId: string }): Promise<void>;
  /** Aborted on `timeoutMs` of the definition, and on shutdown after the drain time. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}
