import { eventEnvelope, type MessageBus, retryWhileUnavailable } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  ChannelEvent,
  ChannelName,
  deriveId,
  LIMITS,
  ParleyError,
  type Participant,
} from '@parley/shared-models';
import { z } from 'zod';
import { createGiveWay } from '../event-loop.ts';
import { describeValue } from '../given/describe-value.ts';
import { jsonOf } from '../given/json-of.ts';
import type { Publish } from './event-context.ts';

export interface PublishOptions {
  readonly bus: Pick<MessageBus, 'publishEvent'>;
  /** Id of the message or event that is handled. */
  readonly causeId: string;
  /** Id of the first cause. */
  readonly correlationId: string;
  readonly group: string;
  readonly source: Participant;
  /** Until it is given, a queue that is away is waited for. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** `publish` for one run of an agent's handler; a new one for each try, so that events get the same ids again. */
export function createPublish(options: PublishOptions): Publish {
  const { bus, causeId, correlationId, group, source, signal, logger } = options;
  let ordinal = 0;
  let count = 0;
  const giveWay = createGiveWay();
  return async (channel, type, payload, { id = deriveId(causeId, group, 'event', ordinal++) } = {}) => {
    await giveWay();
    if (!ChannelName.safeParse(channel).success) {
      const known = ChannelName.options.join(', ');
      throw refusal(`publish() was given ${describeValue(channel)} as the channel; there are: ${known}.`);
    }
    if (count++ >= LIMITS.eventsPerMessage) {
      throw refusal(`More than ${LIMITS.eventsPerMessage} events were published for one message or event.`);
    }
    const what = `The payload of ${typeof type === 'string' ? type : describeValue(type)}`;
    const event = ChannelEvent.safeParse({ id, type, payload: jsonOf(payload, what, LIMITS.eventBytes) });
    if (!event.success) throw refusal(`The event cannot be published: ${z.prettifyError(event.error)}`);
    const published = {
      ...event.data,
      source,
      at: new Date().toISOString(),
      correlationId,
      causationId: causeId,
    };
    const envelope = eventEnvelope(channel, published);
    await retryWhileUnavailable(() => bus.publishEvent(channel, type, envelope), { signal, logger });
    return id;
  };
}

function refusal(message: string): ParleyError {
  return new ParleyError('agent_failed', message);
}
