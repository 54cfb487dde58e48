import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '@parley/shared-models';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { retryWhileUnavailable } from './retry-while-unavailable.ts';

function fixture(errors: readonly Error[]) {
  const stopping = new AbortController();
  let tries = 0;
  const work = async (): Promise<string> => {
    const error = errors[tries];
    tries += 1;
    if (error !== undefined) throw error;
    return 'done';
  };
  const options = { signal: stopping.signal, logger: silentLogger, pauseMs: 1 };
  return { stopping, tries: () => tries, run: () => retryWhileUnavailable(work, options), work, options };
}
const away = (): ParleyError => new ParleyError('bus_unavailable', 'no connection');
const full = (): ParleyError => new ParleyError('store_unavailable', 'the disk is full');

describe('retryWhileUnavailable', () => {
  it('does the work once when it succeeds', async () => {
    const { run, tries } = fixture([]);
    expect(await run()).toBe('done');
    expect(tries()).toBe(1);
  });

  it('does it again until the queue and the store are back', async () => {
    const { run, tries } = fixture([away(), full(), away()]);
    expect(await run()).toBe('done');
    expect(tries()).toBe(4);
  });

  it.each([
    ['an error of Parley', new ParleyError('id_conflict', 'used before')],
    ['any other error', new TypeError('no such method')],
  ])('does not repeat work that fails with %s', async (_kind, error) => {
    const { run, tries } = fixture([away(), error]);
    await expect(run()).rejects.toBe(error);
    expect(tries()).toBe(2);
  });

  it('gives up when the process goes down, without waiting', async () => {
    const { stopping, work, options } = fixture(Array.from({ length: 1000 }, away));
    const held = retryWhileUnavailable(work, { ...options, pauseMs: 600_000 });
    stopping.abort();
    await expect(held).rejects.toMatchObject({ code: 'bus_unavailable' });
  });

  it('fails at once when the process is going down already', async () => {
    const { stopping, run, tries } = fixture([full()]);
    stopping.abort();
    await expect(run()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(tries()).toBe(1);
  });
});
