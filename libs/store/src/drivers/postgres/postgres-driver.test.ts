import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReply, aSubmission } from '@parley/requests/testing';
import { createAuditVerifier, newId } from '@parley/shared-models';
import { entryOf, routed, statusOf, submitted } from '../../../conformance/samples.ts';
import { expectVersion13, readVersion13 } from '../../../conformance/version-13.ts';
import { reply, submit } from '../../../testing/apply.ts';
import {
  createPostgresSchema,
  type PostgresSchema,
  postgresFromEnv,
} from '../../../testing/postgres-schema.ts';
import { createTcpProxy, type TcpProxy } from '../../../testing/tcp-proxy.ts';
import { openStore } from '../../open-store.ts';
import type { Store } from '../../store.ts';
import { silentLogger } from '../../store-logger.ts';
import { openPostgresStore, type PostgresStoreOptions } from './postgres-store.ts';

const unavailable = { name: 'ParleyError', code: 'store_unavailable' };

describe('the PostgreSQL driver', () => {
  let schema: PostgresSchema;
  let proxy: TcpProxy;
  const opened: Store[] = [];

  beforeEach(async () => {
    schema = await createPostgresSchema();
    const { hostname, port } = new URL(schema.databaseUrl);
    proxy = await createTcpProxy({ host: hostname, port: Number(port || 5432) });
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await proxy.stop();
    await schema.remove();
  });

  const open = async (options: Partial<PostgresStoreOptions> = {}): Promise<Store> => {
    const store = await openPostgresStore({
      databaseUrl: schema.databaseUrl,
      logger: silentLogger,
      ...options,
    });
    opened.push(store);
    return store;
  };

  const openBehindProxy = (options: Partial<PostgresStoreOptions> = {}): Promise<Store> => {
    const url = new URL(schema.databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    return open({ databaseUrl: url.href, ...options });
  };

  /** There are some soon: the store is at work. */
  const endSome = async (): Promise<void> => {
    while ((await schema.endConnections()) === 0) await nextTurn();
  };

  it('shows a column of the audit that was changed behind its back, so that the hash no longer fits', async () => {
    const store = await open();
    const entry = {
      actor: { kind: 'user', id: 'mallory', name: 'M' },
      agentId: 'shell',
      result: 'ok',
    } as const;
    for (const subjectId of ['a', 'b', 'c', 'd', 'e', 'f'])
      await store.audit.append({ ...entry, action: 'agent.pause', subjectId });
    await schema.query('DROP TRIGGER audit_is_only_added_to ON audit');
    await schema.query("UPDATE audit SET action = 'agent.resume' WHERE seq = 1");
    await schema.query("UPDATE audit SET actor_id = 'ada' WHERE seq = 2");
    await schema.query('UPDATE audit SET agent_id = NULL WHERE seq = 3');
    await schema.query("UPDATE audit SET subject_id = 'x' WHERE seq = 4");
    await schema.query("UPDATE audit SET entry = '{' WHERE seq = 5");
    const found: string[] = [];
    const verifier = createAuditVerifier((text) => createHash('sha256').update(text).digest('hex'));
    for (const read of await store.audit.read({ afterSeq: 0, limit: 10 }))
      found.push(...(await verifier.next(read)).map(({ kind, seq }) => `${kind} ${seq}`));
    expect(found).toEqual(['changed 1', 'changed 2', 'changed 3', 'changed 4', 'malformed 5', 'missing 5']);
    expect((await store.audit.list({ limit: 10, actorId: 'ada' })).entries).toMatchObject([
      { actor: { id: 'ada' } },
    ]);
  });

  it('goes on with the tables of the version before', async () => {
    await schema.query(await readVersion13('postgres'));
    await expectVersion13(await open());
  });

  it('makes its tables once, however many processes start at the same time', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => open()));
    expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ status: 'fulfilled' })));
    const conversationId = newId();
    await Promise.all(opened.map((store) => submitted(store, { conversationId })));
    expect((await opened[0]?.getConversation(conversationId))?.lastSeq).toBe(6);
    expect(await schema.query('SELECT version FROM parley_version')).toHaveLength(1);
  });

  it('does not touch tables that a later version has made', async () => {
    await schema.query('CREATE TABLE parley_version (version integer NOT NULL)');
    await schema.query('INSERT INTO parley_version VALUES (1000)');
    await expect(open()).rejects.toThrow(/version 1000/);
  });

  it.each([
    ['a database that there is not', (url: URL) => Object.assign(url, { pathname: '/there-is-no-such' })],
    ['a user whom PostgreSQL refuses', (url: URL) => Object.assign(url, { username: 'nobody-knows-me' })],
  ])('says so at the start when it is given %s', async (_, change) => {
    const url = change(new URL(schema.databaseUrl));
    await expect(openStore({ databaseUrl: url.href, dataDir: '' })).rejects.toMatchObject(unavailable);
  });

  it('starts while PostgreSQL is away, and works once it is there', async () => {
    const store = await openBehindProxy({ timeoutMs: 100 });
    await expect(submit(store, aSubmission())).rejects.toMatchObject(unavailable);
    await expect(store.listAgents()).rejects.toMatchObject(unavailable);
    await expect(store.check()).rejects.toMatchObject(unavailable);

    await proxy.start();

    const input = aSubmission();
    for (let isStored = false; !isStored; ) {
      isStored = await submit(store, input).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject(unavailable);
          return false;
        },
      );
    }
    await expect(store.check()).resolves.toBeUndefined();
    expect(await store.listAgents()).toEqual([]);
  });

  it('closes although PostgreSQL never came', async () => {
    const store = await openBehindProxy({ timeoutMs: 60_000 });
    await expect(store.close()).resolves.toBeUndefined();
    await expect(submit(store, aSubmission())).rejects.toMatchObject(unavailable);
  });

  it('shows nobody that PostgreSQL was away for a moment', async () => {
    await proxy.start();
    const store = await openBehindProxy({ timeoutMs: 20_000 });
    const conversationId = newId();
    await submitted(store, { conversationId });

    await proxy.stop();
    const writes = Array.from({ length: 20 }, () => submit(store, aSubmission({ conversationId })));
    const read = store.getConversation(conversationId);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await proxy.start();

    const seqs = (await Promise.all(writes)).map(({ message }) => message?.seq);
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    expect(await read).toMatchObject({ id: conversationId });
  });

  it('says that it is unavailable when PostgreSQL stays away, and goes on when it is back', async () => {
    await proxy.start();
    const store = await openBehindProxy({ timeoutMs: 100 });
    const { id, conversationId } = await submitted(store);
    await proxy.stop();
    await expect(submit(store, aSubmission({ conversationId }))).rejects.toMatchObject(unavailable);
    await expect(store.getMessage(id)).rejects.toMatchObject(unavailable);
    await expect(store.takeOutbox({ limit: 1, olderThanMs: 0, leaseMs: 0 })).rejects.toMatchObject(
      unavailable,
    );
    await proxy.start();
    expect((await submitted(store, { conversationId })).seq).toBe(2);
    expect((await statusOf(store, id))?.status).toBe('accepted');
  });

  it('stores each message once while its connections are ended again and again', async () => {
    const store = await open({ timeoutMs: 20_000 });
    const conversationId = newId();
    const inputs = Array.from({ length: 300 }, (_, index) =>
      aSubmission({ conversationId, text: `number ${index}` }),
    );
    let next = 0;
    const writer = async (): Promise<void> => {
      for (let index = next++; index < inputs.length; index = next++) {
        await submit(store, inputs[index] ?? aSubmission());
        if (index % 25 === 0) await endSome();
      }
    };
    await Promise.all(Array.from({ length: 10 }, writer));
    const { messages } = await store.listMessages(conversationId, { limit: 1000 });
    expect(messages.map(({ seq }) => seq)).toEqual(inputs.map((_, index) => index + 1));
    expect(messages.map(({ id }) => id).toSorted()).toEqual(
      inputs.map(({ message }) => message.id).toSorted(),
    );
    expect(await entryOf(store, inputs[0]?.message.id ?? '')).toBeDefined();
  });

  it('shows only what it has stored while its connections are ended again and again', async () => {
    const [store, other] = [await open({ timeoutMs: 20_000 }), await open({ timeoutMs: 20_000 })];
    let next = 0;
    const writer = async (): Promise<void> => {
      for (let index = next++; index < 120; index = next++) {
        const request = await routed(store);
        const ending = [
          reply(store, aReply(request)),
          other.apply({ type: 'stopped', requestId: request.id }),
          ...(index % 10 === 0 ? [schema.endConnections()] : []),
        ] as const;
        const [answered, stopped] = await Promise.all(ending);
        const { messages } = await store.listMessages(request.conversationId, { limit: 10 });
        const shown = [answered, stopped].flatMap(({ effects }) =>
          effects.flatMap((effect) => (effect.do === 'show' ? [effect.message] : [])),
        );
        expect(messages).toEqual([request, ...shown]);
        expect(shown).toHaveLength(1);
      }
    };
    await Promise.all(Array.from({ length: 10 }, writer));
  });

  it('gives up on a connection over which nothing comes any more', async () => {
    await proxy.start();
    const store = await openBehindProxy({ timeoutMs: 20_000, statementTimeoutMs: 400 });
    const { conversationId } = await submitted(store);
    proxy.freeze();
    expect((await submitted(store, { conversationId })).seq).toBe(2);
    expect((await store.getConversation(conversationId))?.lastSeq).toBe(2);
  });

  it('gives up a write for which a lock is held for too long, and goes on afterwards', async () => {
    const store = await open({ statementTimeoutMs: 400 });
    const { conversationId } = await submitted(store);
    await schema.query('BEGIN');
    await schema.query('SELECT 1 FROM conversations WHERE id = $1 FOR UPDATE', [conversationId]);
    await expect(submit(store, aSubmission({ conversationId }))).rejects.toMatchObject(unavailable);
    expect((await store.getConversation(conversationId))?.lastSeq).toBe(1);
    await schema.query('ROLLBACK');
    expect((await submitted(store, { conversationId })).seq).toBe(2);
  });

  it('passes over outbox entries that another transaction holds', async () => {
    const store = await open();
    const held = await submitted(store);
    const free = await submitted(store);
    await schema.query('BEGIN');
    await schema.query('SELECT 1 FROM requests WHERE message_id = $1 FOR UPDATE', [held.id]);
    const taken = await store.takeOutbox({ limit: 10, olderThanMs: 0, leaseMs: 0 });
    await schema.query('ROLLBACK');
    expect(taken.map(({ message }) => message.id)).toEqual([free.id]);
  });

  it('finds what waits in the outbox although the clock was set back', async () => {
    const store = await open();
    const { id } = await submitted(store);
    await schema.query(`UPDATE requests SET outbox_since = now() + interval '1 hour'`);
    const options = { limit: 10, olderThanMs: 35_000, leaseMs: 30_000 };
    expect((await store.takeOutbox(options)).map(({ message }) => message.id)).toEqual([id]);
    expect(await store.takeOutbox(options)).toEqual([]);
    await schema.query(`UPDATE requests SET leased_until = now() + interval '1 hour'`);
    expect(await store.takeOutbox(options)).toHaveLength(1);
  });

  it('is not ready on a server that takes no writes', async () => {
    const url = new URL(schema.databaseUrl);
    const store = await open();
    await store.close();
    url.searchParams.set(
      'options',
      `${url.searchParams.get('options') ?? ''} -cdefault_transaction_read_only=on`,
    );
    const readOnly = await open({ databaseUrl: url.href, timeoutMs: 50 });
    await expect(readOnly.check()).rejects.toMatchObject(unavailable);
    await expect(submit(readOnly, aSubmission())).rejects.toMatchObject(unavailable);
  });
});

describe('the PostgreSQL of the test command', () => {
  it('is asked for by name when it is missing', () => {
    expect(() => postgresFromEnv({})).toThrow(/DATABASE_URL must name a PostgreSQL/);
  });
});
