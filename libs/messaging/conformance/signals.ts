import { describe, expect, it } from '@jest/globals';
import type { Signal } from '../src/message-bus.ts';
import type { Context } from './bus-fixture.ts';
import { eventually } from './deliveries.ts';
import { textOf } from './envelopes.ts';

const signalOf = (key: string, text: string): Signal => ({
  type: 'chat.delta',
  key,
  body: new TextEncoder().encode(text),
});

export function describeSignals(context: Context): void {
  describe('signals', () => {
    it('reach those who are bound to the key, in order and in other processes, and nobody else', async () => {
      const [sender, here, there] = [await context.open(), await context.open(), await context.open()];
      const [heard, overheard]: [Signal[], Signal[]] = [[], []];
      const bound = await here.subscribe('server_fanout_1', (signal) => heard.push(signal));
      const elsewhere = await there.subscribe('server_fanout_2', (signal) => overheard.push(signal));
      await bound.bind('c-1');
      await bound.bind('c-2');
      await elsewhere.bind('c-3');
      for (const text of ['a', 'b', 'c']) sender.signal(signalOf('c-1', text));
      sender.signal(signalOf('c-2', 'd'));
      sender.signal(signalOf('c-3', 'e'));
      await eventually(() => {
        expect(heard.map((signal) => [signal.type, signal.key, textOf(signal)])).toEqual([
          ['chat.delta', 'c-1', 'a'],
          ['chat.delta', 'c-1', 'b'],
          ['chat.delta', 'c-1', 'c'],
          ['chat.delta', 'c-2', 'd'],
        ]);
        expect(overheard.map(textOf)).toEqual(['e']);
      });
    });

    it('reach every process that is bound to the key', async () => {
      const sender = await context.open();
      const heard = await Promise.all(
        ['1', '2', '3'].map(async (server) => {
          const signals: Signal[] = [];
          const subscription = await (await context.open()).subscribe(`server_fanout_${server}`, (signal) =>
            signals.push(signal),
          );
          await subscription.bind('c-1');
          return signals;
        }),
      );
      sender.signal(signalOf('c-1', 'to all'));
      await eventually(() =>
        expect(heard.map((signals) => signals.map(textOf))).toEqual(Array(3).fill(['to all'])),
      );
    });

    it('also reach the process that sent them', async () => {
      const bus = await context.open();
      const heard: Signal[] = [];
      await (await bus.subscribe('server_fanout_1', (signal) => heard.push(signal))).bind('c-1');
      bus.signal(signalOf('c-1', 'me'));
      await eventually(() => expect(heard.map(textOf)).toEqual(['me']));
    });

    it('stop arriving for a key that was unbound', async () => {
      const bus = await context.open();
      const heard: Signal[] = [];
      const subscription = await bus.subscribe('server_fanout_1', (signal) => heard.push(signal));
      await subscription.bind('c-1');
      await subscription.bind('c-2');
      await subscription.unbind('c-1');
      await subscription.unbind('never-bound');
      bus.signal(signalOf('c-1', 'unbound'));
      bus.signal(signalOf('c-2', 'bound'));
      await eventually(() => expect(heard.map(textOf)).toEqual(['bound']));
    });

    it('are lost when nobody listens, also for later subscribers', async () => {
      const bus = await context.open();
      bus.signal(signalOf('c-1', 'early'));
      const heard: Signal[] = [];
      const subscription = await bus.subscribe('server_fanout_1', (signal) => heard.push(signal));
      await subscription.bind('c-1');
      bus.signal(signalOf('c-1', 'late'));
      await eventually(() => expect(heard.map(textOf)).toEqual(['late']));
    });

    it('go on after a listener threw, and end with the subscription', async () => {
      const bus = await context.open();
      const heard: string[] = [];
      const subscription = await bus.subscribe('server_fanout_1', (signal) => {
        heard.push(textOf(signal));
        if (heard.length === 1) throw new Error('listener');
      });
      await subscription.bind('c-1');
      bus.signal(signalOf('c-1', 'a'));
      bus.signal(signalOf('c-1', 'b'));
      await eventually(() => expect(heard).toEqual(['a', 'b']));

      await subscription.close();
      await subscription.close();
      const again: string[] = [];
      const second = await bus.subscribe('server_fanout_1', (signal) => again.push(textOf(signal)));
      await second.bind('c-1');
      bus.signal(signalOf('c-1', 'c'));
      await eventually(() => expect(again).toEqual(['c']));
      expect(heard).toEqual(['a', 'b']);
    });
  });
}
