import {
  AgentId,
  boundedArray,
  ChannelName,
  EventType,
  JsonValue,
  LIMITS,
  PublishedEvent,
} from '@parley/shared-models';
import { z } from 'zod';
import { participantKind } from './enum-names.ts';

/** An event in the shape that the .proto files give it. */
export function encodeEvent({ payload, source, ...event }: PublishedEvent): object {
  return {
    ...event,
    payload: JSON.stringify(payload),
    source: { ...source, kind: participantKind.encode(source.kind) },
  };
}

/** And back. */
export const WireEvent = PublishedEvent.extend({
  payload: z.string(),
  source: PublishedEvent.shape.source.extend({ kind: participantKind.wire }),
}).transform(
  ({ payload, ...event }): PublishedEvent => ({ ...event, payload: JsonValue.parse(JSON.parse(payload)) }),
);

export const ListEvents = z.object({
  agentId: AgentId,
  incarnation: z.number().int().positive(),
  channel: ChannelName,
  types: boundedArray(EventType, 100),
  limit: z.number().int().min(1).max(LIMITS.eventsPage),
});

export const EventsAnswer = z.object({ events: z.array(WireEvent) });
