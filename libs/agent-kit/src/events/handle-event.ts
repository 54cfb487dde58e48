import type { AgentServices } from '@parley/control-plane';
import { type MessageBus, Reject } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import type { ChannelName, PublishedEvent } from '@parley/shared-models';
import type { AgentDefinition } from '../agent-definition.ts';
import { createMemory } from '../context/create-memory.ts';
import { patientServices } from '../context/patient-services.ts';
import { createPublish } from './create-publish.ts';
import type { EventContext } from './event-context.ts';

/** One event, and everything that its handler reaches. */
export interface EventParts {
  readonly channel: ChannelName;
  readonly event: PublishedEvent;
  readonly agent: { readonly id: string; readonly name: string };
  readonly group: string;
  readonly services: AgentServices;
  readonly bus: Pick<MessageBus, 'publishEvent'>;
  readonly reply: EventContext['reply'];
  readonly signal: AbortSignal;
  /** Names the event in each line. */
  readonly logger: Logger;
}

/**
 * Runs `onEvent` once.
 * @throws Reject `malformed_message` when the payload is not as the definition's schema for its type wants it
 * @throws the handler's errors
 */
export async function handleEvent(definition: AgentDefinition, parts: EventParts): Promise<void> {
  await definition.onEvent?.(contextOf({ ...parts, event: withParsedPayload(definition, parts.event) }));
}

function contextOf(parts: EventParts): EventContext {
  const { channel, event, agent, group, reply, signal, logger } = parts;
  const services = patientServices(parts.services, { signal, logger });
  const memoryAbout = (subject: string): EventContext['memory'] =>
    createMemory({ services, subject, group, requestId: event.id, signal });
  return {
    channel,
    event,
    agent: { id: agent.id, name: agent.name },
    publish: createPublish({
      bus: parts.bus,
      causeId: event.id,
      correlationId: event.correlationId ?? event.id,
      group,
      source: { kind: 'agent', id: agent.id, name: agent.name },
      signal,
      logger,
    }),
    memory: memoryAbout(''),
    memoryAbout,
    reply,
    signal,
    logger,
  };
}

function withParsedPayload(definition: AgentDefinition, event: PublishedEvent): PublishedEvent {
  const schema = Object.hasOwn(definition.events ?? {}, event.type)
    ? definition.events?.[event.type]
    : undefined;
  if (schema === undefined) return event;
  const payload = schema.safeParse(event.payload);
  if (payload.success) return { ...event, payload: payload.data as PublishedEvent['payload'] };
  const issue = payload.error.issues[0];
  throw new Reject(
    'malformed_message',
    `the payload of ${event.type} is not as ${definition.name} wants it: ${issue?.path.join('.')} ${issue?.message}`,
    { cause: payload.error },
  );
}
