import type { ClientFrameOf } from '@parley/shared-models';
import { resetQueues } from '../../requests/reset-queues.ts';
import type { FrameHandler } from '../session.ts';

/** Empties the queues and answers how many messages went. */
export const onQueuesReset: FrameHandler<ClientFrameOf<'queues.reset'>> = async (_frame, session) => {
  session.sendFrame({ type: 'queues.reset', ...(await resetQueues(session.services, session)) });
};
