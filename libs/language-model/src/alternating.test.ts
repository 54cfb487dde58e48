import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { alternating } from './alternating.ts';
import type { ModelMessage } from './language-model.ts';

const user = (text: string): ModelMessage => ({ role: 'user', text });
const assistant = (text: string): ModelMessage => ({ role: 'assistant', text });

describe('the turns of a conversation', () => {
  it('become one where an answer failed or was stopped, or two replies came in a row', () => {
    const said = [user('One?'), user('Hello?'), assistant('One.'), assistant('[HR] Two.'), user('Thanks')];
    expect(alternating(said)).toEqual([
      user('One?\n\nHello?'),
      assistant('One.\n\n[HR] Two.'),
      user('Thanks'),
    ]);
  });

  it('begin with the person, and have neither empty ones nor thoughts', () => {
    const said = [
      assistant('Welcome'),
      user('One?'),
      assistant('<think>hm</think>'),
      user(' \n'),
      user('Two?'),
    ];
    expect(alternating(said)).toEqual([user('One?\n\nTwo?')]);
  });

  it('alternate and end with the person, whatever was said', () => {
    const turn = fc.tuple(fc.boolean(), fc.constantFrom('', ' ', 'a', '<think>b</think>'));
    fc.assert(
      fc.property(fc.array(turn), (turns) => {
        const given = turns.map(([isUser, text]) => (isUser ? user(text) : assistant(text)));
        const told = alternating(given);
        told.forEach(({ role, text }, index) => {
          expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant');
          expect(text.trim()).not.toBe('');
        });
        expect(told.at(-1)?.role).toBe('user');
      }),
    );
  });
});
