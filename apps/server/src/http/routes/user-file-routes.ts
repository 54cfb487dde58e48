import { Readable } from 'node:stream';
import { ParleyError, type User } from '@parley/shared-models';
import type { ServerServices } from '../../server-services.ts';
import { createUserFiles } from '../../user-files/user-files.ts';
import { authorize } from '../../users/permissions.ts';
import type { RouteHandlers } from '../serve-routes.ts';

/** Parley's data about a person, as files. */
export function userFileRoutes({ store }: ServerServices) {
  const files = createUserFiles(store);
  const requireOwn = (userId: string, user: User): void => {
    if (userId !== user.id) authorize(user, 'files.readAll');
  };

  return {
    async userFiles({ params, user }) {
      requireOwn(params.userId, user);
      return { files: await files.list(params.userId) };
    },
    async userFile({ params, user, reply }) {
      requireOwn(params.userId, user);
      const file = await files.read(params.userId, params.name);
      if (file === undefined) throw new ParleyError('not_found', 'There is no such file.');
      reply.header('content-type', file.contentType);
      reply.header('cache-control', 'no-store');
      return reply.send(Readable.from(file.pieces));
    },
  } satisfies Partial<RouteHandlers>;
}
