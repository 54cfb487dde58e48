import { describe, expect, it } from '@jest/globals';
import { userOfPath } from './websocket-route.ts';

const open = { isRequired: false };

describe('the user of the path of a socket', () => {
  it.each(['ada', 'poc-backend', 'Zoë Müller', 'a@b.example', 'x'.repeat(128), '{user_id}'])(
    'is %j, as a member',
    (userId) => {
      expect(userOfPath(userId, open)).toEqual({ id: userId, name: userId, roles: ['member'] });
    },
  );

  it.each([
    '',
    'x'.repeat(129),
    ' ada',
    'ada\n',
    'a\u0000',
    'a\u202eb',
    'agent:finance',
    'external:bob',
    'system:x',
  ])('can be nobody called %j', (userId) => {
    expect(() => userOfPath(userId, open)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('is nobody where people sign in', () => {
    expect(() => userOfPath('ada', { isRequired: true })).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    );
  });
});
