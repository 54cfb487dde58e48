import { describe, expect, it } from '@jest/globals';
import { untilFirstEnds } from './until-first-ends.ts';

/** Ends when it is told to, and says so. */
function untilAborted(ended: string[], name: string) {
  return (signal: AbortSignal): Promise<void> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        ended.push(name);
        reject(new Error(`${name} was aborted`));
      });
    });
}

describe('untilFirstEnds', () => {
  it('stops the others and throws what the first one threw', async () => {
    const ended: string[] = [];
    const failing = async (): Promise<void> => {
      throw new Error('cut off');
    };
    const running = untilFirstEnds(new AbortController().signal, [untilAborted(ended, 'a'), failing]);
    await expect(running).rejects.toThrow('cut off');
    expect(ended).toEqual(['a']);
  });

  it('ends without an error when the first task ended without one', async () => {
    const ended: string[] = [];
    await untilFirstEnds(new AbortController().signal, [untilAborted(ended, 'a'), async () => {}]);
    expect(ended).toEqual(['a']);
  });

  it('stops all when it is told to', async () => {
    const ended: string[] = [];
    const outer = new AbortController();
    const running = untilFirstEnds(outer.signal, [untilAborted(ended, 'a'), untilAborted(ended, 'b')]);
    outer.abort();
    await expect(running).rejects.toThrow('was aborted');
    expect(ended).toEqual(['a', 'b']);
  });
});
