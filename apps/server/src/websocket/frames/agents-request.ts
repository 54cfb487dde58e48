import type { ClientFrameOf } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

export const onAgentsRequest: FrameHandler<ClientFrameOf<'agents.request'>> = (_frame, session) => {
  session.sendFrame({ type: 'agents', agents: session.services.agents.list(), isFull: true });
};
