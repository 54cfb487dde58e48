import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDrawQueue, type DrawWorker, type WorkerEvents } from './draw-queue.ts';
import type { Drawing, DrawRequest } from './drawing.ts';

const drawn = (text: string): Drawing => ({
  tree: { type: 'root', children: [{ type: 'text', value: text }] },
  weight: 1,
});

/** Workers that draw when they are told to. */
function fakeWorkers() {
  const workers: { begun: DrawRequest[]; isEnded: boolean; events: WorkerEvents }[] = [];
  const startWorker = (events: WorkerEvents): DrawWorker => {
    const worker = { begun: [] as DrawRequest[], isEnded: false, events };
    workers.push(worker);
    return {
      begin: (request) => worker.begun.push(request),
      end() {
        worker.isEnded = true;
      },
    };
  };
  return { workers, startWorker };
}

describe('the queue of foreign texts', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const start = (keptCharacters = 1000) => {
    const { workers, startWorker } = fakeWorkers();
    const queue = createDrawQueue({ startWorker, deadlineMs: 100, keptCharacters });
    const results: [string, Drawing][] = [];
    const draw = (text: string) => queue.draw({ text }, (drawing) => results.push([text, drawing]));
    return { workers, queue, results, draw };
  };

  it('sends one request at a time to the worker, the latest first, and caches the drawings', () => {
    const { workers, queue, results, draw } = start();
    draw('a');
    draw('b');
    draw('c');
    workers[0]?.events.onDrawn(drawn('a'));
    workers[0]?.events.onDrawn(drawn('c'));
    expect(workers).toHaveLength(1);
    expect(workers[0]?.begun.map(({ text }) => text)).toEqual(['a', 'c', 'b']);
    expect(results).toEqual([
      ['a', drawn('a')],
      ['c', drawn('c')],
    ]);
    expect(queue.find({ text: 'c' })).toEqual(drawn('c'));
    expect(queue.find({ text: 'c', language: 'sql' })).toBeUndefined();
  });

  it('ends a worker that takes too long, says so, and goes on with another', () => {
    const { workers, queue, results, draw } = start();
    draw('endless');
    draw('next');
    jest.advanceTimersByTime(100);
    expect(workers[0]?.isEnded).toBe(true);
    expect(results[0]?.[1]).toHaveProperty('problem');
    expect(queue.find({ text: 'endless' })).toHaveProperty('problem');
    expect(workers[1]?.begun).toEqual([{ text: 'next' }]);
    workers[1]?.events.onDrawn(drawn('next'));
    expect(results[1]).toEqual(['next', drawn('next')]);
  });

  it('tries a request again after a worker could not be loaded', () => {
    const { workers, queue, results, draw } = start();
    draw('a');
    workers[0]?.events.onBroken();
    expect(results[0]?.[1]).toHaveProperty('problem');
    expect(queue.find({ text: 'a' })).toBeUndefined();
    draw('a');
    expect(workers[1]?.begun).toEqual([{ text: 'a' }]);
  });

  it('skips cancelled requests', () => {
    const { workers, draw } = start();
    draw('a');
    const takeBack = draw('b');
    draw('c');
    takeBack();
    workers[0]?.events.onDrawn(drawn('a'));
    workers[0]?.events.onDrawn(drawn('c'));
    expect(workers[0]?.begun.map(({ text }) => text)).toEqual(['a', 'c']);
  });

  it('finds the longest beginning that it knows, of the same kind and half of the text at least', () => {
    const { queue } = start();
    queue.keep({ text: 'abcd' }, drawn('abcd'));
    queue.keep({ text: 'abcde' }, drawn('abcde'));
    queue.keep({ text: 'abcdef', language: 'sql' }, drawn('abcdef'));
    queue.keep({ text: 'abcdefg' }, { problem: 'none' });
    expect(queue.findBeginning({ text: 'abcdefgh' })).toEqual({ text: 'abcde', drawing: drawn('abcde') });
    expect(queue.findBeginning({ text: 'abcdefgh', language: 'sql' })?.text).toBe('abcdef');
    expect(queue.findBeginning({ text: 'abcdefghijk' })).toBeUndefined();
    expect(queue.findBeginning({ text: 'xabcde' })).toBeUndefined();
  });

  it('keeps no more than it may', () => {
    const { workers, queue, draw } = start(10);
    for (const text of ['aaaaa', 'bbbbb', 'ccccc']) {
      draw(text);
      workers[0]?.events.onDrawn(drawn(text));
    }
    expect(queue.find({ text: 'aaaaa' })).toBeUndefined();
    expect(queue.find({ text: 'ccccc' })).toBeDefined();
    queue.forget({ text: 'ccccc' });
    expect(queue.find({ text: 'ccccc' })).toBeUndefined();
  });
});
