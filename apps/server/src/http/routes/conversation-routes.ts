import {
  Conversation,
  ConversationPage,
  Id,
  LIMITS,
  MessagePage,
  nameText,
  ParleyError,
  type User,
} from '@parley/shared-models';
import { z } from 'zod';
import type { ServerServices } from '../../server-services.ts';
import type { App } from '../create-app.ts';

const Parameters = z.object({ id: Id });

/** `/api/conversations` and what lies below. */
export function registerConversationRoutes(app: App, { store }: ServerServices): void {
  /** @throws ParleyError `not_found`, `forbidden` */
  const requireOwn = async (id: string, user: User): Promise<Conversation> => {
    const conversation = await store.getConversation(id);
    if (conversation === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
    if (conversation.ownerId !== user.id)
      throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
    return conversation;
  };

  app.get(
    '/api/conversations',
    {
      config: { action: 'conversations.read' },
      schema: {
        tags: ['conversations'],
        querystring: z.object({
          search: z.string().max(200).optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: ConversationPage },
      },
    },
    async ({ query, user }) => {
      const { search, limit } = query;
      const options =
        search === undefined || search.trim() === '' ? { limit } : { limit, search: search.trim() };
      return { conversations: await store.listConversations(user.id, options) };
    },
  );

  app.get(
    '/api/conversations/:id',
    {
      config: { action: 'conversations.read' },
      schema: { tags: ['conversations'], params: Parameters, response: { 200: Conversation } },
    },
    ({ params, user }) => requireOwn(params.id, user),
  );

  app.patch(
    '/api/conversations/:id',
    {
      config: { action: 'conversations.write' },
      schema: {
        tags: ['conversations'],
        params: Parameters,
        body: z.object({ title: nameText(200) }),
        response: { 200: Conversation },
      },
    },
    async ({ params, body, user }) => {
      await requireOwn(params.id, user);
      const renamed = await store.renameConversation(params.id, body.title);
      if (renamed === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
      return renamed;
    },
  );

  app.get(
    '/api/conversations/:id/messages',
    {
      config: { action: 'conversations.read' },
      schema: {
        tags: ['conversations'],
        params: Parameters,
        querystring: z.object({
          afterSeq: z.coerce.number().int().min(0).optional(),
          beforeSeq: z.coerce.number().int().min(1).optional(),
          limit: z.coerce.number().int().min(1).max(LIMITS.messagesPage).default(100),
        }),
        response: { 200: MessagePage },
      },
    },
    async ({ params, query, user }) => {
      await requireOwn(params.id, user);
      const { afterSeq, beforeSeq, limit } = query;
      return store.listMessages(params.id, {
        limit,
        ...(afterSeq === undefined ? {} : { afterSeq }),
        ...(beforeSeq === undefined ? {} : { beforeSeq }),
      });
    },
  );
}
