import { boundedArray, ChannelName, EventType, LIMITS, type PublishedEvent } from '@parley/shared-models';
import { z } from 'zod';
import { Event } from '../wire/channel-event.ts';
import { fitNewest } from '../wire/fit-answer.ts';
import { asItIs, Caller, EXAMPLE_CALLER, list, unary } from './contract.ts';

/** Size of the fields around a payload in an answer, at most, in bytes. */
const EVENT_BYTES = 1000;
const eventBytes = ({ payload }: PublishedEvent): number =>
  EVENT_BYTES + Buffer.byteLength(JSON.stringify(payload));

const example: PublishedEvent = {
  id: '0190aaaa-0000-7000-8000-000000000001',
  type: 'approval.asked',
  payload: { amount: 1200, by: ['ada'] },
  source: { kind: 'agent', id: 'finance', name: 'Finance' },
  at: '2026-01-31T12:00:00.000Z',
  correlationId: '0190aaaa-0000-7000-8000-000000000002',
};

export const channel = {
  /** The last events of a channel, oldest first; fewer than `limit` where they are long. */
  listEvents: unary({
    service: 'AgentChannelService',
    rpc: 'ListEvents',
    caller: 'agent',
    request: asItIs(
      z.object({
        ...Caller,
        channel: ChannelName,
        /** @default all */
        types: boundedArray(EventType, 100)
          .transform((types): readonly string[] | undefined => (types.length === 0 ? undefined : types))
          .optional(),
        limit: z.number().int().min(1).max(LIMITS.eventsPage),
      }),
    ),
    answer: list('events', Event, (events) => fitNewest(events, eventBytes)),
    example: { request: { ...EXAMPLE_CALLER, channel: 'human', limit: 10 }, answer: [example] },
  }),
};
