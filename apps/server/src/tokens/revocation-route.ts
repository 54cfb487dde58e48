import { TokenRevocation } from '@parley/shared-models';
import { enteredBy } from '../audit/origin.ts';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';

/** `POST /api/tokens/revoke`: the token counts no more, here and at every other server, and what it has opened is closed. */
export function registerRevocationRoute(app: App, { revokedTokens, audit }: ServerServices): void {
  app.post(
    '/api/tokens/revoke',
    {
      config: { action: 'tokens.revoke' },
      schema: { tags: ['operation'], body: TokenRevocation, response: { 200: TokenRevocation } },
    },
    async ({ body, user, ip }) => {
      await revokedTokens.revoke(body.tokenId);
      await audit.enter({
        ...enteredBy({ user, remoteAddress: ip }),
        action: 'token.revoked',
        subjectId: body.tokenId,
        result: 'ok',
      });
      return body;
    },
  );
}
