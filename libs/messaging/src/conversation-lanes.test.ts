import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createConversationLanes } from './conversation-lanes.ts';

describe('conversation lanes', () => {
  it('run the work of one conversation one after another, in order', async () => {
    const lanes = createConversationLanes();
    const first = Promise.withResolvers<string>();
    const log: string[] = [];
    const results = [
      lanes.run('a', async () => {
        log.push('first begins');
        return first.promise;
      }),
      lanes.run('a', async () => {
        log.push('second begins');
        return 'two';
      }),
      lanes.run('a', async () => {
        log.push('third begins');
        return 'three';
      }),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(['first begins']);
    first.resolve('one');
    expect(await Promise.all(results)).toEqual(['one', 'two', 'three']);
    expect(log).toEqual(['first begins', 'second begins', 'third begins']);
  });

  it('run the work of different conversations side by side', async () => {
    const lanes = createConversationLanes();
    const meeting = Promise.withResolvers<void>();
    const waiting = lanes.run('a', () => meeting.promise);
    await lanes.run('b', async () => meeting.resolve());
    await waiting;
  });

  it('go on after work that failed, and give the error to whom it belongs', async () => {
    const lanes = createConversationLanes();
    const failing = lanes.run('a', () => Promise.reject(new Error('broken')));
    const next = lanes.run('a', async () => 'fine');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('fine');
  });

  it('count the work that has not ended, however it ends', async () => {
    const lanes = createConversationLanes();
    const gate = Promise.withResolvers<void>();
    const works = ['a', 'a', 'b'].map((conversation) => lanes.run(conversation, () => gate.promise));
    const counts = (): number[] => ['a', 'b', 'c'].map((conversation) => lanes.pendingIn(conversation));
    expect([...counts(), lanes.pending]).toEqual([2, 1, 0, 3]);
    gate.reject(new Error('broken'));
    await Promise.allSettled(works);
    expect([...counts(), lanes.pending]).toEqual([0, 0, 0, 0]);
  });

  it('keep the order of each conversation, whatever the work does', async () => {
    const work = fc.record({
      lane: fc.constantFrom('a', 'b', 'c'),
      turns: fc.nat({ max: 3 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (works) => {
        const lanes = createConversationLanes();
        const running = new Set<string>();
        const ended: number[] = [];
        await Promise.allSettled(
          works.map(({ lane, turns, fails }, index) =>
            lanes.run(lane, async () => {
              expect(running.has(lane)).toBe(false);
              running.add(lane);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              running.delete(lane);
              ended.push(index);
              if (fails) throw new Error('broken');
            }),
          ),
        );
        expect(ended).toHaveLength(works.length);
        for (const lane of ['a', 'b', 'c']) {
          const own = ended.filter((index) => works[index]?.lane === lane);
          expect(own).toEqual([...own].sort((one, other) => one - other));
        }
      }),
    );
  });
});
