import type { ClientFrameOf } from '@parley/shared-models';
import type { FrameHandler } from '../session.ts';

/** A gateway tells how its connection to an external server stands. */
export const onExternalReport: FrameHandler<ClientFrameOf<'external.report'>> = ({ status }, session) => {
  session.services.gateways.report(session, status);
};
