import { isSessionEnd } from '@parley/routing';
import type { Target, UnstoredMessage } from '@parley/shared-models';
import type { Accepted } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

/**
 * Stores what a person has written. To be followed by `sendOn` in the same turn.
 * @throws ParleyError as `Store.accept`
 */
export function takeMessage(
  services: Pick<ServerServices, 'arrivals' | 'store' | 'relay' | 'sessionGate'>,
  taken: { message: UnstoredMessage; ownerId: string; target: Target | undefined },
): Promise<Accepted> {
  return services.arrivals.during(taken.message.id, () => storeInTurn(services, taken));
}

async function storeInTurn(
  { store, relay, sessionGate }: Pick<ServerServices, 'store' | 'relay' | 'sessionGate'>,
  { message, ownerId, target }: { message: UnstoredMessage; ownerId: string; target: Target | undefined },
): Promise<Accepted> {
  const pass = await sessionGate.enter(message.conversationId);
  try {
    await relay.room();
    const accepted = await store.accept({
      message,
      ownerId,
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
