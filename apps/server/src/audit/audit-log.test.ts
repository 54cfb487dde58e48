import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import type { AuditInput, User } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { authorizeEntered } from '../users/permissions.ts';
import { refusedSignIn } from './refusals.ts';

describe('the audit of a server', () => {
  let fixture: ServicesFixture;
  beforeAll(async () => {
    fixture = await makeServices();
  });
  afterAll(() => fixture.remove());

  const entriesOf = async (action: AuditInput['action']) =>
    (await fixture.store.audit.list({ action, limit: 100 })).entries;
  const viewer: User = { id: 'vic', name: 'Vic', roles: ['viewer'] };
  const origin = { user: viewer, remoteAddress: '192.0.2.7' };

  it('has who was refused what only operators may do, and where from', async () => {
    const { audit } = fixture.services;
    expect(() => authorizeEntered('commands.run', origin, audit)).toThrow('operator');
    expect(() => authorizeEntered('conversations.write', origin, audit)).toThrow('member');
    await eventually(async () => expect(await entriesOf('permission.refused')).toHaveLength(1));
    expect(await entriesOf('permission.refused')).toMatchObject([
      {
        actor: { id: 'vic' },
        remoteAddress: '192.0.2.7',
        result: 'forbidden',
        details: { asked: 'commands.run' },
      },
    ]);
  });

  it('has nothing of what is allowed', async () => {
    const operator: User = { ...viewer, roles: ['operator'] };
    const before = await fixture.store.audit.head();
    authorizeEntered('commands.run', { user: operator, remoteAddress: undefined }, fixture.services.audit);
    await fixture.services.audit.stop();
    expect(await fixture.store.audit.head()).toEqual(before);
  });

  it('counts who knocks without end instead of filling the disk', async () => {
    const { audit } = fixture.services;
    const refused = refusedSignIn({ code: 'unauthenticated', message: 'no' }, '192.0.2.7');
    for (let time = 0; time < 1000; time++) audit.enterRefusal(refused);
    await audit.stop();
    const [newest, ...others] = await entriesOf('sign_in.refused');
    expect(others.length).toBeGreaterThan(0);
    expect(others.length).toBeLessThan(50);
    expect(newest?.details?.more).toBeGreaterThan(900);
  });
});
