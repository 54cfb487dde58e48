import { Readable } from 'node:stream';
import { ParleyError, type User, UserFileList } from '@parley/shared-models';
import { z } from 'zod';
import type { ServerServices } from '../../server-services.ts';
import { createUserFiles } from '../../user-files/user-files.ts';
import { authorize } from '../../users/permissions.ts';
import type { App } from '../create-app.ts';

const UserParameters = z.object({ userId: z.string().min(1).max(200) });
const FileParameters = UserParameters.extend({ name: z.string().min(1).max(200) });

/** `GET /user/:userId/files` and `/user/:userId/files/:name`. */
export function registerUserFileRoutes(app: App, { store }: ServerServices): void {
  const files = createUserFiles(store);
  const requireOwn = (userId: string, user: User): void => {
    if (userId !== user.id) authorize(user, 'files.readAll');
  };

  app.get(
    '/user/:userId/files',
    {
      config: { action: 'files.read' },
      schema: { tags: ['files'], params: UserParameters, response: { 200: UserFileList } },
    },
    async ({ params, user }) => {
      requireOwn(params.userId, user);
      return { files: await files.list(params.userId) };
    },
  );

  app.get(
    '/user/:userId/files/:name',
    { config: { action: 'files.read' }, schema: { tags: ['files'], params: FileParameters } },
    async ({ params, user }, reply) => {
      requireOwn(params.userId, user);
      const file = await files.read(params.userId, params.name);
      if (file === undefined) throw new ParleyError('not_found', 'There is no such file.');
      reply.header('content-type', file.contentType);
      reply.header('cache-control', 'no-store');
      return reply.send(Readable.from(file.pieces));
    },
  );
}
