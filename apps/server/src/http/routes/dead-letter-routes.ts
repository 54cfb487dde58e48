import { type AuditInput, type DeadLetter, ParleyError } from '@parley/shared-models';
import { enteredBy, type Origin } from '../../audit/origin.ts';
import { replayDeadLetter } from '../../requests/dead-letters.ts';
import type { ServerServices } from '../../server-services.ts';
import type { RouteHandlers } from '../serve-routes.ts';

export function deadLetterRoutes(services: ServerServices) {
  const { store, logger, audit } = services;

  const require = async (id: string): Promise<DeadLetter> => {
    const letter = await store.getDeadLetter(id);
    if (letter === undefined) throw new ParleyError('not_found', 'There is no such dead letter.');
    return letter;
  };

  const enter = (action: AuditInput['action'], letter: DeadLetter, origin: Origin): Promise<void> =>
    audit.enter({
      ...enteredBy(origin),
      action,
      subjectId: letter.id,
      result: 'ok',
      details: { queue: letter.queue, reason: letter.reason, messageId: letter.messageId },
    });

  return {
    async deadLetters({ input: { state, limit } }) {
      return { deadLetters: await store.listDeadLetters(state === undefined ? { limit } : { limit, state }) };
    },
    deadLetter: ({ params }) => require(params.id),
    async replayDeadLetter({ params: { id }, user, origin }) {
      const letter = await replayDeadLetter(await require(id), services);
      await enter('dead_letter.replayed', letter, origin);
      logger.info({ deadLetterId: id, userId: user.id }, 'an operator replayed a dead letter');
      return letter;
    },
    async discardDeadLetter({ params: { id }, user, origin }) {
      const letter = await require(id);
      const hasChanged = await store.setDeadLetterState(id, 'discarded');
      if (!hasChanged) throw new ParleyError('id_conflict', `This dead letter was ${letter.state} before.`);
      await enter('dead_letter.discarded', letter, origin);
      logger.info({ deadLetterId: id, userId: user.id }, 'an operator discarded a dead letter');
      return { ...letter, state: 'discarded' };
    },
  } satisfies Partial<RouteHandlers>;
}
