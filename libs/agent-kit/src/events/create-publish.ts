import { eventEnvelope, type MessageBus, retryWhileUnavailable } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { ChannelEvent, deriveId, ParleyError, type Participant } from '@parley/shared-models';
import { withoutUndefined } from '../without-undefined.ts';
import type { Publish } from './event-context.ts';

export interface PublishOptions {
  readonly bus: Pick<MessageBus, 'publishEvent'>;
  /** Id of the message or event that is handled. */
  readonly causeId: string;
  /** Id of what it all began with. */
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
  return async (channel, type, payload, { id = deriveId(causeId, group, 'event', ordinal++) } = {}) => {
    const event = ChannelEvent.safeParse({ id, type, payload: withoutUndefined(payload) });
    if (!event.success) {
      throw new ParleyError('agent_failed', `The event cannot be published: ${event.error.message}`);
    }
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
