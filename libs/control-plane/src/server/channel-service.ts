import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PublishedEvent } from '@parley/shared-models';
import type { ControlPlaneHandlers } from '../control-plane.ts';
import type { Logger } from '../logger.ts';
import { encodeEvent, ListEvents } from '../wire/channel-event.ts';
import { fitAnswer } from '../wire/fit-answer.ts';
import { serveUnary } from './serve-unary.ts';

/** What the fields around a payload take in an answer, at most, in bytes. */
const EVENT_BYTES = 1000;

const eventBytes = ({ payload }: PublishedEvent): number =>
  EVENT_BYTES + Buffer.byteLength(JSON.stringify(payload));

export function channelService(handlers: ControlPlaneHandlers, logger: Logger): UntypedServiceImplementation {
  return {
    listEvents: serveUnary(logger, ListEvents, async ({ types, ...request }) => {
      const events = await handlers.listEvents({
        ...request,
        ...(types.length === 0 ? {} : { types }),
      });
      // The newest ones count.
      return { events: fitAnswer(events.toReversed(), eventBytes).toReversed().map(encodeEvent) };
    }),
  };
}
