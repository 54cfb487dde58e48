import { describe, expect, it } from '@jest/globals';
import { createOwnMessages } from './own-messages.ts';

describe('what was sent from here', () => {
  it('is known by its id', () => {
    const own = createOwnMessages();
    own.sent('a', 'hello');
    expect([own.hasId('a'), own.hasId('b')]).toEqual([true, false]);
  });

  it('is known by its text, once for each time it was sent', () => {
    const own = createOwnMessages();
    own.sent('a', 'hello');
    own.sent('b', 'hello');
    expect([own.takeText('hello'), own.takeText('hello'), own.takeText('hello')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(own.takeText('other')).toBe(false);
  });

  it('is not known by its text for long: people do repeat what agents say', () => {
    let now = 0;
    const own = createOwnMessages(5000, () => now);
    own.sent('a', 'hello');
    now = 5001;
    expect(own.takeText('hello')).toBe(false);
  });

  it('is remembered up to a bound', () => {
    const own = createOwnMessages();
    for (let number = 0; number < 1500; number++) own.sent(`id ${number}`, `text ${number}`);
    expect([own.hasId('id 0'), own.hasId('id 1499')]).toEqual([false, true]);
    expect([own.takeText('text 0'), own.takeText('text 1499')]).toEqual([false, true]);
  });
});
