import type { ClientFrameOf } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

export const onCommandClose: FrameHandler<ClientFrameOf<'command.close'>> = ({ id }, session) => {
  session.services.commandService.hub.unfollow(session, id);
};
