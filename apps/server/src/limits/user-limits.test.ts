import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type User } from '@parley/shared-models';
import { type Ground, makeGround, makeServices } from '../../testing/server-fixture.ts';
import { submit } from '../requests/submit.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { createUserLimits, type UserLimits } from './user-limits.ts';

const KIB = 1024;
const OVERHEAD = 512;

describe('the limits of a person', () => {
  let ground: Ground;
  let time = 1_800_000_000_000;
  beforeAll(async () => {
    ground = await makeGround();
  });
  afterAll(() => ground.remove());

  const server = (settings: Partial<Parameters<typeof createUserLimits>[0]> = {}): UserLimits =>
    createUserLimits(
      {
        RATE_LIMIT: 100,
        AUTH_SECRET: 'x'.repeat(32),
        USER_BYTES_PER_MINUTE: 64 * KIB,
        USER_BYTES_PER_DAY: 'off',
        ...settings,
      },
      ground.store.usage,
      () => time,
    );
  const member = (id = newId()): { user: User; remoteAddress: string } => ({
    user: { id, name: 'Mallory', roles: ['member'] },
    remoteAddress: '192.0.2.1',
  });
  /** How many of so many, of a KiB each, at once over these servers, are let in. */
  const letIn = async (servers: readonly UserLimits[], who: ReturnType<typeof member>, count = 100) => {
    const charged = await Promise.allSettled(
      Array.from({ length: count }, (_, index) =>
        (servers[index % servers.length] as UserLimits).charge(who, KIB - OVERHEAD),
      ),
    );
    for (const each of charged)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'quota_exceeded' });
    return charged.filter(({ status }) => status === 'fulfilled').length;
  };

  it('hold over all servers, to the byte, and begin anew with the next period', async () => {
    const servers = [server(), server(), server()];
    const who = member();
    const first = await letIn(servers, who);
    expect(first).toBeLessThanOrEqual(64);
    // Each server may keep a part that it does not use.
    expect(first).toBeGreaterThanOrEqual(64 - 3 * 4);
    const other = await letIn(servers, member(), 10);
    expect(other).toBe(10);
    await expect(servers[0]?.charge(who, 8 * KIB)).rejects.toMatchObject({
      code: 'quota_exceeded',
      details: { retryAfterMs: 60_000 - (time % 60_000) },
    });
    time += 60_000;
    expect(await letIn(servers, who, 20)).toBe(20);
  });

  it('let calls through in their order', async () => {
    const limits = server();
    const who = member();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await limits.charge(who, index % 7);
        order.push(index);
      }),
    );
    expect(order).toEqual(order.toSorted((one, next) => one - next));
  });

  it('refuse what is larger than all that there is, and take the next all the same', async () => {
    const limits = server({ USER_BYTES_PER_DAY: 10 * KIB });
    const who = member();
    await limits.charge(who, KIB);
    await expect(limits.charge(who, 60 * KIB)).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await letIn([server()], member(), 1)).toBe(1);
  });

  it('count frames of all connections, and of addresses where nobody signs in', () => {
    const limits = server({ USER_RATE_LIMIT: 10 });
    const refused = (who: Parameters<UserLimits['count']>[0], times: number): number => {
      let count = 0;
      for (let time = 0; time < times; time++) {
        try {
          limits.count(who);
        } catch (error) {
          expect(error).toMatchObject({
            code: 'rate_limited',
            details: { retryAfterMs: expect.any(Number) },
          });
          count += 1;
        }
      }
      return count;
    };
    const who = member();
    expect(refused(who, 30)).toBeGreaterThanOrEqual(18);
    expect(refused({ ...who, remoteAddress: '192.0.2.2' }, 5)).toBeGreaterThanOrEqual(4);
    expect(refused(member(), 10)).toBe(0);
  });

  it('count by address where nobody signs in, whoever one says to be', () => {
    const limits = server({ AUTH_SECRET: undefined, USER_RATE_LIMIT: 1 });
    const anybody = (remoteAddress: string) => ({ ...member(), remoteAddress });
    limits.count(anybody('2001:db8::1'));
    expect(() => limits.count(anybody('2001:db8::2'))).toThrow('over all connections');
    limits.count(anybody('2001:db8:0:1::1'));
  });

  it('are off with the limit of a connection, unless they are set', async () => {
    const off = { RATE_LIMIT: 'off' } as const;
    const limits = createUserLimits(off, ground.store.usage);
    await limits.charge(member(), 1e12);
    for (let time = 0; time < 5000; time++) limits.count(member('mallory'));
    const set = createUserLimits({ ...off, USER_BYTES_PER_DAY: KIB }, ground.store.usage);
    await expect(set.charge(member(), KIB)).rejects.toMatchObject({ code: 'quota_exceeded' });
  });
});

it('charges what a person writes, by whatever connection, and stores nothing beyond', async () => {
  const fixture = await makeServices({ USER_BYTES_PER_MINUTE: '4096' });
  try {
    const origin = { user: LOCAL_USER, remoteAddress: '192.0.2.1' };
    const write = (conversationId: string) =>
      submit(fixture.services, {
        message: {
          id: newId(),
          conversationId,
          kind: 'TEXT',
          sender: { kind: 'user', id: LOCAL_USER.id, name: LOCAL_USER.name },
          text: 'x'.repeat(1024),
          createdAt: new Date().toISOString(),
        },
        ownerId: LOCAL_USER.id,
        payer: origin,
      });
    const written = await Promise.allSettled(Array.from({ length: 30 }, () => write(newId())));
    const refused = written.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(26);
    for (const each of refused) expect(each).toMatchObject({ reason: { code: 'quota_exceeded' } });
    expect(await fixture.store.listConversations(LOCAL_USER.id, { limit: 100 })).toHaveLength(
      30 - refused.length,
    );
  } finally {
    await fixture.remove();
  }
});
