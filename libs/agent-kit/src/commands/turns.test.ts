import { describe, expect, it } from '@jest/globals';
import { createTurns } from './turns.ts';

const never = new AbortController().signal;

describe('turns', () => {
  it('are given in the order in which they were asked for, so many at once', async () => {
    const turns = createTurns(2);
    const log: number[] = [];
    const first = await turns.take(never);
    await turns.take(never);
    const third = turns.take(never).then((giveBack) => {
      log.push(3);
      return giveBack;
    });
    const fourth = turns.take(never).then(() => log.push(4));
    expect(turns.waiting).toBe(2);
    first();
    first();
    (await third)();
    await fourth;
    expect(log).toEqual([3, 4]);
    expect(turns.waiting).toBe(0);
  });

  it('are not given to a waiter that has left', async () => {
    const turns = createTurns(1);
    const giveBack = await turns.take(never);
    const leaving = new AbortController();
    const left = turns.take(leaving.signal);
    const next = turns.take(never);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    giveBack();
    (await next)();
    await expect(turns.take(AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    await turns.take(never);
  });

  it('are not lost to the last in line when one leaves that has just got its own', async () => {
    const turns = createTurns(1);
    const giveBack = await turns.take(never);
    const leaving = new AbortController();
    const left = turns.take(leaving.signal);
    const next = turns.take(never);
    giveBack();
    leaving.abort(new Error('gone'));
    expect(turns.waiting).toBe(1);
    (await left)();
    (await next)();
    await turns.take(never);
  });
});
