import { ChannelName, EventBody, HEADERS, type PublishedEvent, traceparentOf } from '@parley/shared-models';
import { bodyOf } from './body-of.ts';
import { type Envelope, Reject } from './message-bus.ts';

const TYPE = 'channel.event';

/** An event as it travels: all that a subscriber needs to choose by stands in the headers, the event is the body. */
export function eventEnvelope(channel: ChannelName, event: PublishedEvent): Envelope {
  const { source } = event;
  return {
    messageId: event.id,
    ...(event.correlationId === undefined ? {} : { correlationId: event.correlationId }),
    type: TYPE,
    timestamp: Date.parse(event.at),
    headers: {
      [HEADERS.channel]: channel,
      [HEADERS.eventType]: event.type,
      [HEADERS.sender]: `${source.kind}:${source.id}`,
      [HEADERS.traceparent]: traceparentOf(event.correlationId ?? event.id),
      ...(event.causationId === undefined ? {} : { [HEADERS.causation]: event.causationId }),
    },
    body: Buffer.from(JSON.stringify(event)),
  };
}

/** @throws Reject `malformed_message` when it is no event of a channel */
export function eventOf(envelope: Envelope): { channel: ChannelName; event: PublishedEvent } {
  if (envelope.type !== TYPE) {
    throw new Reject(
      'malformed_message',
      `a channel's queue takes ${TYPE}, not ${JSON.stringify(envelope.type.slice(0, 64))}`,
    );
  }
  const event = bodyOf(envelope, EventBody, 'event');
  const channel = ChannelName.safeParse(envelope.headers[HEADERS.channel]);
  if (channel.success) return { channel: channel.data, event };
  throw new Reject('malformed_message', `the header "${HEADERS.channel}" names no channel`, {
    cause: channel.error,
  });
}
