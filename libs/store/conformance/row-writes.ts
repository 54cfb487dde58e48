import { describe, expect, it } from '@jest/globals';
import { aReply, aRouting } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import { reply, route } from '../testing/apply.ts';
import { submitted } from './samples.ts';
import type { Context, StoreFixture } from './store-fixture.ts';

const KEYS = { requests: 'message_id', conversations: 'id', messages: 'id' } as const;
const TABLES = Object.keys(KEYS) as (keyof typeof KEYS)[];

/** Has the database note every row that is written, by triggers. */
async function noteWrites({ sql }: StoreFixture, kind: 'sqlite' | 'postgres'): Promise<void> {
  await sql('CREATE TABLE written (operation text, id text)');
  if (kind === 'postgres')
    await sql(`
      CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO written VALUES (lower(TG_OP) || ' ' || TG_TABLE_NAME, to_jsonb(NEW) ->> TG_ARGV[0]);
        RETURN NULL;
      END $$`);
  for (const table of TABLES)
    for (const operation of ['insert', 'update'])
      await sql(
        kind === 'postgres'
          ? `CREATE TRIGGER note_${operation} AFTER ${operation} ON ${table}
             FOR EACH ROW EXECUTE FUNCTION note_write('${KEYS[table]}')`
          : `CREATE TRIGGER note_${operation}_${table} AFTER ${operation} ON ${table} BEGIN
               INSERT INTO written VALUES ('${operation} ${table}', NEW.${KEYS[table]});
             END`,
      );
}

async function noteNoMore({ sql }: StoreFixture, kind: 'sqlite' | 'postgres'): Promise<void> {
  for (const table of TABLES)
    for (const operation of ['insert', 'update'])
      await sql(
        kind === 'postgres'
          ? `DROP TRIGGER note_${operation} ON ${table}`
          : `DROP TRIGGER note_${operation}_${table}`,
      );
  if (kind === 'postgres') await sql('DROP FUNCTION note_write');
  await sql('DROP TABLE written');
}

export function describeRowWrites(context: Context): void {
  describe('the rows of a request', () => {
    it('are written three times in its life, and its conversation once for each message', async () => {
      const { store, fixture } = context;
      const conversationId = newId();
      const chosen = { group: 'finance', holdsSession: true, sessionTtlMs: 3_600_000 };
      /** The rows written since the last call. */
      const written = async (): Promise<unknown[]> => {
        const rows = await fixture.sql('SELECT operation FROM written ORDER BY operation');
        await fixture.sql('DELETE FROM written');
        return rows.map(({ operation }) => operation);
      };
      await noteWrites(fixture, store.kind);
      try {
        const first = await submitted(store, { conversationId });
        expect(await written()).toEqual(['insert conversations', 'insert messages', 'insert requests']);
        await route(store, { ...aRouting(first.id), chosen });
        // Only now does the agent hold the conversation.
        expect(await written()).toEqual(['update conversations', 'update requests']);
        await store.markPublished([{ messageId: first.id, attempt: 0 }]);
        expect(await written()).toEqual([]);
        await reply(store, aReply(first));
        expect(await written()).toEqual(['insert messages', 'update conversations', 'update requests']);

        // The session goes on with the message, in the same write of the conversation.
        const second = await submitted(store, { conversationId });
        expect(await written()).toEqual(['insert messages', 'insert requests', 'update conversations']);
        await route(store, { ...aRouting(second.id), chosen });
        expect(await written()).toEqual(['update requests']);
        const answer = aReply(second);
        await reply(store, answer);
        expect(await written()).toEqual(['insert messages', 'update conversations', 'update requests']);
        await reply(store, answer);
        await route(store, { ...aRouting(second.id), chosen });
        expect(await written()).toEqual([]);
        await reply(store, aReply(second));
        expect(await written()).toEqual(['insert messages', 'update conversations']);

        await Promise.all(Array.from({ length: 3 }, () => submitted(store, { conversationId })));
        const all = await written();
        expect(all.filter((operation) => operation === 'update conversations')).toHaveLength(1);
        expect(all).toHaveLength(7);
      } finally {
        await noteNoMore(fixture, store.kind);
      }
    });
  });
}
