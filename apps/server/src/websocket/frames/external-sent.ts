import type { ClientFrameOf } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

/** A gateway answers `external.send`. */
export const onExternalSent: FrameHandler<ClientFrameOf<'external.sent'>> = (frame, session) => {
  session.services.gateways.sent(session, frame);
};
