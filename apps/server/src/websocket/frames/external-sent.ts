import type { ClientFrameOf } from '@parley/shared-models';
import { requireRole } from '../../users/require-role.ts';
import type { FrameHandler } from '../session.ts';

/** A gateway answers `external.send`. */
export const onExternalSent: FrameHandler<ClientFrameOf<'external.sent'>> = (frame, session) => {
  requireRole(session.user, 'operator');
  session.services.gateways.sent(session, frame);
};
