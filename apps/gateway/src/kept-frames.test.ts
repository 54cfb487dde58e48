import { describe, expect, it } from '@jest/globals';
import { createKeptFrames } from './kept-frames.ts';

function makeKept(limit = 10) {
  const sent: string[] = [];
  const counts = { sent: 0, dropped: 0 };
  const line = { isUp: true };
  const kept = createKeptFrames({
    limit,
    async transmit(data) {
      if (line.isUp) sent.push(data);
      return line.isUp;
    },
    onSent: () => counts.sent++,
    onDropped: () => counts.dropped++,
  });
  return { kept, sent, counts, line };
}

describe('frames for the external server', () => {
  it('are sent at once, in order', async () => {
    const { kept, sent, counts } = makeKept();
    for (const data of ['a', 'b', 'c']) kept.send(data);
    await kept.settled(1000);
    expect(sent).toEqual(['a', 'b', 'c']);
    expect(counts.sent).toBe(3);
  });

  it('are kept while nobody takes them, and sent in order when somebody does', async () => {
    const { kept, sent, line } = makeKept();
    line.isUp = false;
    for (const data of ['a', 'b']) kept.send(data);
    await kept.settled(10);
    expect(kept.size).toBe(2);
    line.isUp = true;
    kept.flush();
    kept.send('c');
    await kept.settled(1000);
    expect(sent).toEqual(['a', 'b', 'c']);
    expect(kept.size).toBe(0);
  });

  it('are kept up to the limit, the latest of them', async () => {
    const { kept, sent, counts, line } = makeKept(2);
    line.isUp = false;
    for (const data of ['a', 'b', 'c', 'd']) kept.send(data);
    await kept.settled(10);
    line.isUp = true;
    kept.flush();
    await kept.settled(1000);
    expect(sent).toEqual(['c', 'd']);
    expect(counts.dropped).toBe(2);
  });

  it('are tried again when the connection came back while one was failing', async () => {
    const sent: string[] = [];
    const outcomes = [Promise.withResolvers<boolean>()];
    const kept = createKeptFrames({
      limit: 10,
      transmit(data) {
        sent.push(data);
        return outcomes.shift()?.promise ?? Promise.resolve(true);
      },
      onSent() {},
      onDropped() {},
    });
    const [first] = outcomes;
    kept.send('a');
    kept.flush();
    first?.resolve(false);
    await kept.settled(1000);
    expect(sent).toEqual(['a', 'a']);
    expect(kept.size).toBe(0);
  });
});
