import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { type Ground, makeGround, silent } from '../../testing/server-fixture.ts';
import { createRevokedTokens, type RevokedTokens } from './revoked-tokens.ts';

describe('revoked tokens', () => {
  let ground: Ground;
  let here: RevokedTokens;
  let there: RevokedTokens;
  beforeEach(async () => {
    ground = await makeGround();
    const options = { store: ground.store, logger: silent, lookMs: 5 };
    here = createRevokedTokens(options);
    there = createRevokedTokens(options);
    await Promise.all([here.load(), there.load()]);
  });
  afterEach(async () => {
    await Promise.all([here.stop(), there.stop()]);
    await ground.remove();
  });

  it('count no more here at once, at another server a moment later, and after a restart', async () => {
    const told: string[] = [];
    const listen = (tokenId: string, name: string) => there.onRevoked(tokenId, () => told.push(name));
    listen('one', 'first');
    listen('one', 'second');
    listen('one', 'gone')();
    listen('two', 'other');
    await here.revoke('one');
    expect([here.has('one'), here.has('two')]).toEqual([true, false]);
    await eventually(() => expect(there.has('one')).toBe(true));
    expect(told).toEqual(['first', 'second']);
    const next = createRevokedTokens({ store: ground.store, logger: silent });
    await next.load();
    expect(next.has('one')).toBe(true);
    await next.stop();
  });
});
