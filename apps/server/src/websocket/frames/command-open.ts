import type { ClientFrameOf } from '@parley/shared-models';
import { openCommand } from '../../commands/open-command.ts';
import type { FrameHandler } from '../session.ts';

/** Follows the command: what it printed after `afterSeq` first, then what comes. */
export const onCommandOpen: FrameHandler<ClientFrameOf<'command.open'>> = ({ id, afterSeq }, session) =>
  openCommand(session, id, afterSeq ?? 0);
