import { isSessionEnd } from '@parley/routing';
import type { Target, UnstoredMessage } from '@parley/shared-models';
import type { Accepted } from '@parley/store';
import type { Origin } from '../audit/origin.ts';
import type { ServerServices } from '../server-services.ts';

/**
 * Stores what a person has written. To be followed by `sendOn` in the same turn.
 * @param taken `origin`: who is charged for it
 * @throws ParleyError as `Store.accept`; `quota_exceeded`
 */
export function takeMessage(
  services: Pick<ServerServices, 'arrivals' | 'store' | 'relay' | 'sessionGate' | 'userLimits'>,
  taken: { message: UnstoredMessage; origin: Origin; target: Target | undefined },
): Promise<Accepted> {
  return services.arrivals.during(taken.message.id, () => storeInTurn(services, taken));
}

async function storeInTurn(
  {
    store,
    relay,
    sessionGate,
    userLimits,
  }: Pick<ServerServices, 'store' | 'relay' | 'sessionGate' | 'userLimits'>,
  { message, origin, target }: { message: UnstoredMessage; origin: Origin; target: Target | undefined },
): Promise<Accepted> {
  await userLimits.charge(origin, Buffer.byteLength(message.text));
  const pass = await sessionGate.enter(message.conversationId);
  try {
    await relay.room();
    const accepted = await store.accept({
      message,
      ownerId: origin.user.id,
      ...(target === undefined ? {} : { target }),
      isSessionEnd: isSessionEnd(message.text),
    });
    // With whom the conversation goes on is known already, or nothing goes on its way.
    if (accepted.isDuplicate || accepted.session?.isHeld) pass.done();
    else pass.hold(message.id);
    return accepted;
  } catch (error) {
    pass.done();
    throw error;
  }
}
