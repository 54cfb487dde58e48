import { type Conversation, ParleyError, type User } from '@parley/shared-models';
import type { ServerServices } from '../../server-services.ts';
import type { RouteHandlers } from '../serve-routes.ts';

export function conversationRoutes({ store, hub }: ServerServices) {
  /** @throws ParleyError `not_found`, `forbidden` */
  const requireOwn = async (id: string, user: User): Promise<Conversation> => {
    const conversation = await store.getConversation(id);
    if (conversation === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
    if (conversation.ownerId !== user.id)
      throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
    return conversation;
  };

  return {
    async conversations({ input: { search = '', limit }, user }) {
      const options = search.trim() === '' ? { limit } : { limit, search: search.trim() };
      return { conversations: await store.listConversations(user.id, options) };
    },
    conversation: ({ params, user }) => requireOwn(params.id, user),
    async renameConversation({ params, input, user }) {
      await requireOwn(params.id, user);
      const renamed = await store.renameConversation(params.id, input.title);
      if (renamed === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
      hub.broadcast(renamed.id, { type: 'conversation', conversation: renamed });
      return renamed;
    },
    async messages({ params, input: { afterSeq, beforeSeq, limit }, user }) {
      await requireOwn(params.id, user);
      return store.listMessages(params.id, {
        limit,
        ...(afterSeq === undefined ? {} : { afterSeq }),
        ...(beforeSeq === undefined ? {} : { beforeSeq }),
      });
    },
  } satisfies Partial<RouteHandlers>;
}
