import type { ClientFrameOf } from '@parley/shared-models';
import { authorize } from '../../users/permissions.ts';
import type { FrameHandler } from '../session.ts';

/** Logs the event, says so, and sets it on its way to its channel. Sent again, it is only acknowledged again. */
export const onEventPublish: FrameHandler<ClientFrameOf<'event.publish'>> = async (
  { channel, event },
  session,
) => {
  const { services, user } = session;
  if (channel === 'agents') authorize(user, 'channels.agents');
  await services.userLimits.charge(session, Buffer.byteLength(JSON.stringify(event)));
  await services.eventRelay.room();
  const { logged, isDuplicate } = await services.store.events.append(
    {
      channel,
      ownerId: user.id,
      event: {
        ...event,
        source: { kind: 'user', id: user.id, name: user.name },
        at: new Date().toISOString(),
      },
    },
    { isForOutbox: true },
  );
  session.sendFrame({ type: 'event.accepted', id: event.id });
  if (!isDuplicate) services.eventRelay.send(logged);
};
