import { describe, expect, it } from '@jest/globals';
import { connectionText } from './connection-text.ts';

describe('connectionText', () => {
  it('counts down the seconds to the next try and never below now', () => {
    const waiting = { state: 'waiting', retryAt: 10_000, code: 1006, message: '' } as const;
    expect(connectionText(waiting, 6900).short).toBe('reconnecting in 4 s');
    expect(connectionText(waiting, 10_500).short).toBe('reconnecting now');
  });

  it('says why a connection was closed for good', () => {
    expect(connectionText({ state: 'closed', reason: 'unauthenticated' }, 0)).toMatchObject({
      tone: 'bad',
      long: 'The server did not accept your sign-in.',
    });
  });
});
