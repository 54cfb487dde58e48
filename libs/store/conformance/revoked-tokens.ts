import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { Context } from './store-fixture.ts';

export function describeRevokedTokens(context: Context): void {
  describe('revoked tokens', () => {
    it('are known to every process, once each', async () => {
      const another = await context.open();
      const ids = [newId(), newId()];
      for (const id of [...ids, ...ids]) await context.store.revokedTokens.add(id);
      const listed = (await another.revokedTokens.list()).filter((id) => ids.includes(id));
      expect(listed.toSorted()).toEqual(ids);
    });
  });
}
