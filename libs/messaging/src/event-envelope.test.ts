import { expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { eventEnvelope, eventOf } from './event-envelope.ts';

it('reads an event whose time was written by a program in another language', () => {
  const source = { kind: 'agent', id: 'echo', name: 'Echo' } as const;
  const event = { id: newId(), type: 'order_requested', payload: { amount: 3 }, source };
  const envelope = eventEnvelope('human', { ...event, at: '2026-01-31T10:30:00.123456+01:00' });
  expect(eventOf(envelope)).toEqual({
    channel: 'human',
    event: { ...event, at: '2026-01-31T09:30:00.123Z' },
  });
});
