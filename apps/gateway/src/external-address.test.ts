import { describe, expect, it } from '@jest/globals';
import { Id } from '@parley/shared-models';
import { externalAddress } from './external-address.ts';

describe('the address of an external server', () => {
  it('gets the user id, encoded, wherever it is asked for', () => {
    const { url } = externalAddress('wss://x.example/{user_id}/ws?me={user_id}', 'a b/ü');
    expect(url).toBe('wss://x.example/a%20b%2F%C3%BC/ws?me=a%20b%2F%C3%BC');
  });

  it('is shown without user, password and what stands in the query', () => {
    const { shown } = externalAddress('wss://joe:sesame@x.example/ws/{user_id}?key=abc&room=1#x', 'me');
    expect(shown).toBe('wss://***@x.example/ws/me?key=***&room=***');
  });

  it('gives the same ids again, and others for another room or user id, but not for another token', () => {
    const idOf = (template: string, user = 'me') => externalAddress(template, user).gatewayId;
    const id = idOf('wss://x.example/ws?room=1&token=a');
    expect(Id.safeParse(id).success).toBe(true);
    expect(idOf('wss://x.example/ws?room=1&token=b')).toBe(id);
    expect(idOf('wss://joe:sesame@x.example/ws?room=1&token=b')).toBe(id);
    expect(idOf('wss://x.example/ws?room=2&token=a')).not.toBe(id);
    expect(idOf('wss://x.example/ws?room=1&token=a', 'you')).not.toBe(id);
  });

  it('gives each person a conversation and each of their messages an id', () => {
    const { conversationOf, messageOf } = externalAddress('wss://x.example/ws', 'me');
    const ids = [
      conversationOf('ada'),
      conversationOf('grace'),
      messageOf('ada', '1'),
      messageOf('ada', '2'),
      messageOf('grace', '1'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(Id.safeParse(id).success).toBe(true);
    expect(conversationOf('ada')).toBe(ids[0]);
  });
});
