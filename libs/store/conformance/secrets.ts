import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { Context } from './store-fixture.ts';

export function describeSecrets(context: Context): void {
  describe('secrets', () => {
    it('are made once, and the same for every process', async () => {
      const name = `test-${newId()}`;
      const another = await context.open();
      const secrets = await Promise.all([
        context.store.secrets.getOrCreate(name),
        another.secrets.getOrCreate(name),
        context.store.secrets.getOrCreate(name),
      ]);
      expect(new Set(secrets).size).toBe(1);
      expect(secrets[0]).toMatch(/^[\w-]{43}$/);
    });

    it('differ from name to name', async () => {
      const { secrets } = context.store;
      expect(await secrets.getOrCreate(`a-${newId()}`)).not.toBe(await secrets.getOrCreate(`b-${newId()}`));
    });
  });
}
