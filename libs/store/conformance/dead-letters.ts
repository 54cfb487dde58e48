import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { aLetter } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeDeadLetters(context: Context): void {
  describe('dead letters', () => {
    it('are kept as they are, whatever they hold', async () => {
      const { store } = context;
      const odd = 'NUL \u0000, half a pair \uD83D, \u202E "quotes" \\ 漢';
      const letters = [
        aLetter(),
        aLetter({ conversationId: newId(), messageId: odd, body: odd, headers: { [odd]: odd, attempt: 3 } }),
        aLetter({ body: Buffer.from([0, 255, 1]).toString('base64'), isBase64: true }),
        aLetter({ body: 'x'.repeat(500_000) }),
      ];
      for (const letter of letters) {
        await store.addDeadLetter(letter);
        expect(await store.getDeadLetter(letter.id)).toEqual(letter);
      }
    });

    it('are added once by id, and keep their state', async () => {
      const { store } = context;
      const letter = aLetter();
      await store.addDeadLetter(letter);
      await store.setDeadLetterState(letter.id, 'discarded');
      await store.addDeadLetter({ ...letter, message: 'again' });
      expect(await store.getDeadLetter(letter.id)).toEqual({ ...letter, state: 'discarded' });
      expect(
        (await store.listDeadLetters({ limit: 1000 })).filter(({ id }) => id === letter.id),
      ).toHaveLength(1);
    });

    it('are listed last one first, by state where one is given, as many as asked for', async () => {
      const { store } = context;
      const letters = [aLetter(), aLetter(), aLetter()];
      for (const letter of letters) await store.addDeadLetter(letter);
      const [first, second, third] = letters.map(({ id }) => id);
      await store.setDeadLetterState(second ?? '', 'replayed');
      const ids = async (query: Parameters<typeof store.listDeadLetters>[0]) =>
        (await store.listDeadLetters(query)).map(({ id }) => id);
      expect(await ids({ limit: 3 })).toEqual([third, second, first]);
      expect(await ids({ limit: 2, state: 'dead' })).toEqual([third, first]);
      expect(await ids({ limit: 1, state: 'replayed' })).toEqual([second]);
      expect((await store.listDeadLetters({ limit: 2 }))[1]?.state).toBe('replayed');
    });

    it('are replayed or discarded once', async () => {
      const { store } = context;
      const letter = aLetter();
      await store.addDeadLetter(letter);
      const changes = await Promise.all([
        store.setDeadLetterState(letter.id, 'replayed'),
        store.setDeadLetterState(letter.id, 'discarded'),
      ]);
      expect(changes.toSorted()).toEqual([false, true]);
      expect(await store.setDeadLetterState(letter.id, 'discarded')).toBe(false);
      expect(await store.setDeadLetterState(newId(), 'replayed')).toBe(false);
    });

    it('may be unknown', async () => {
      expect(await context.store.getDeadLetter(newId())).toBeUndefined();
    });
  });
}
