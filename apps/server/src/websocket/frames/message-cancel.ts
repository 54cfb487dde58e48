import { type ClientFrameOf, ParleyError } from '@parley/shared-models';
import { stopAnswer } from '../../requests/stop.ts';
import type { FrameHandler } from '../session.ts';

/** Stops an answer, also of a message that was sent just before. */
export const onMessageCancel: FrameHandler<ClientFrameOf<'message.cancel'>> = async (
  { messageId },
  { services, user },
) => {
  await services.submissions.settled(messageId);
  const found = await services.store.getMessage(messageId);
  if (found === undefined || found.status === undefined) {
    throw new ParleyError('not_found', 'There is no such message that could be stopped.');
  }
  if (found.ownerId !== user.id) throw new ParleyError('forbidden', 'That message belongs to somebody else.');
  await stopAnswer(services, found.status);
};
