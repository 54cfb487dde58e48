import { type AuditInput, DeadLetter, Id, ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import { enteredBy, type Origin } from '../../audit/origin.ts';
import { replayDeadLetter } from '../../requests/dead-letters.ts';
import type { ServerServices } from '../../server-services.ts';
import type { App } from '../create-app.ts';

const Parameters = z.object({ id: Id });

/** `/api/dead-letters`: list, inspect, replay, discard. Operators only. */
export function registerDeadLetterRoutes(app: App, services: ServerServices): void {
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

  app.get(
    '/api/dead-letters',
    {
      config: { action: 'deadLetters.read' },
      schema: {
        tags: ['dead letters'],
        querystring: z.object({
          state: DeadLetter.shape.state.optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: z.object({ deadLetters: z.array(DeadLetter) }) },
      },
    },
    async ({ query }) => {
      const { state, limit } = query;
      return { deadLetters: await store.listDeadLetters(state === undefined ? { limit } : { limit, state }) };
    },
  );

  app.get(
    '/api/dead-letters/:id',
    {
      config: { action: 'deadLetters.read' },
      schema: { tags: ['dead letters'], params: Parameters, response: { 200: DeadLetter } },
    },
    ({ params }) => require(params.id),
  );

  app.post(
    '/api/dead-letters/:id/replay',
    {
      config: { action: 'deadLetters.manage' },
      schema: { tags: ['dead letters'], params: Parameters, response: { 200: DeadLetter } },
    },
    async ({ params, user, ip }) => {
      const letter = await replayDeadLetter(await require(params.id), services);
      await enter('dead_letter.replayed', letter, { user, remoteAddress: ip });
      logger.info({ deadLetterId: params.id, userId: user.id }, 'an operator replayed a dead letter');
      return letter;
    },
  );

  app.delete(
    '/api/dead-letters/:id',
    {
      config: { action: 'deadLetters.manage' },
      schema: { tags: ['dead letters'], params: Parameters, response: { 200: DeadLetter } },
    },
    async ({ params, user, ip }) => {
      const letter = await require(params.id);
      const hasChanged = await store.setDeadLetterState(letter.id, 'discarded');
      if (!hasChanged) throw new ParleyError('id_conflict', `This dead letter was ${letter.state} before.`);
      await enter('dead_letter.discarded', letter, { user, remoteAddress: ip });
      logger.info({ deadLetterId: letter.id, userId: user.id }, 'an operator discarded a dead letter');
      return { ...letter, state: 'discarded' as const };
    },
  );
}
