import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAcknowledger } from './consumer-channel.ts';

/** RabbitMQ's side of one channel: the deliveries that it holds to be unacknowledged, and the outcome of the others. */
function channelOf(count: number) {
  const unacknowledged = new Set(Array.from({ length: count }, (_, index) => index + 1));
  const acknowledged: number[] = [];
  const requeued: number[] = [];
  const commands: string[] = [];
  const settle = (tag: number, into: number[]): void => {
    // RabbitMQ closes the channel over a tag that it does not know.
    if (!unacknowledged.delete(tag)) throw new Error(`unknown delivery tag ${tag}`);
    into.push(tag);
  };
  return {
    acknowledged,
    requeued,
    commands,
    unacknowledged,
    ack: (tag: number, allUpTo: boolean) => {
      commands.push(allUpTo ? `ack up to ${tag}` : `ack ${tag}`);
      if (allUpTo) for (const each of [...unacknowledged]) if (each < tag) settle(each, acknowledged);
      settle(tag, acknowledged);
    },
    requeue: (tag: number) => {
      commands.push(`requeue ${tag}`);
      settle(tag, requeued);
    },
  };
}

describe('acknowledger', () => {
  it('sends one command for the acknowledgements of one turn of the event loop', async () => {
    const channel = channelOf(4);
    const acknowledger = createAcknowledger(channel);
    for (const tag of [1, 2, 3, 4]) acknowledger.delivered(tag);
    for (const tag of [2, 1, 3]) acknowledger.acknowledge(tag);
    expect(channel.commands).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(channel.commands).toEqual(['ack up to 3']);
  });

  it('acknowledges at once when nothing else is in hand', () => {
    const channel = channelOf(1);
    const acknowledger = createAcknowledger(channel);
    acknowledger.delivered(1);
    acknowledger.acknowledge(1);
    expect(channel.commands).toEqual(['ack 1']);
  });

  it('acknowledges deliveries above an open one singly', () => {
    const channel = channelOf(5);
    const acknowledger = createAcknowledger(channel);
    for (const tag of [1, 2, 3, 4, 5]) acknowledger.delivered(tag);
    for (const tag of [1, 2, 4, 5]) acknowledger.acknowledge(tag);
    acknowledger.flush();
    expect(channel.commands).toEqual(['ack 4', 'ack 5', 'ack up to 2']);
    expect([...channel.unacknowledged]).toEqual([3]);
  });

  it('settles nothing twice, and nothing once it is stopped', () => {
    const channel = channelOf(3);
    const acknowledger = createAcknowledger(channel);
    for (const tag of [1, 2, 3]) acknowledger.delivered(tag);
    acknowledger.requeue(1);
    acknowledger.acknowledge(1);
    acknowledger.requeue(1);
    acknowledger.acknowledge(2);
    acknowledger.stop();
    acknowledger.acknowledge(3);
    acknowledger.requeue(3);
    acknowledger.flush();
    expect(channel.commands).toEqual(['requeue 1']);
  });

  it('settles every delivery as it was asked to, whatever the order', () => {
    const step = fc.record({ tag: fc.nat(39), isAck: fc.boolean(), flush: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const channel = channelOf(40);
        const acknowledger = createAcknowledger(channel);
        for (let tag = 1; tag <= 40; tag++) acknowledger.delivered(tag);
        const expected = new Map<number, boolean>();
        for (const { tag: index, isAck, flush } of steps) {
          const tag = index + 1;
          if (!expected.has(tag)) expected.set(tag, isAck);
          if (isAck) acknowledger.acknowledge(tag);
          else acknowledger.requeue(tag);
          if (flush) acknowledger.flush();
        }
        acknowledger.flush();
        const asked = (wanted: boolean): number[] =>
          [...expected].filter(([, isAck]) => isAck === wanted).map(([tag]) => tag);
        expect(new Set(channel.acknowledged)).toEqual(new Set(asked(true)));
        expect(new Set(channel.requeued)).toEqual(new Set(asked(false)));
        acknowledger.stop();
      }),
    );
  });
});
