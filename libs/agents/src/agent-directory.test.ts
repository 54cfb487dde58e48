import { describe, expect, it } from '@jest/globals';
import type { AgentStatusUpdate, StreamOptions } from '@parley/control-plane';
import { createAgentDirectory } from './agent-directory.ts';

type Subscribe = (
  request: { subscriberId: string },
  options?: StreamOptions,
) => AsyncIterable<AgentStatusUpdate>;

const update = (isFull: boolean): AgentStatusUpdate => ({ agents: [], isFull, removed: [] });
const open = (subscribeToAgentStatus: Subscribe, timeoutMs?: number) =>
  createAgentDirectory({ subscribeToAgentStatus }, 'general-1', timeoutMs);
const never = new AbortController().signal;

describe('the list of agents', () => {
  it('is the first full one, after which the subscription ends', async () => {
    const events: string[] = [];
    const full = update(true);
    const list = open(async function* ({ subscriberId }) {
      try {
        yield update(false);
        yield full;
        events.push('went on');
      } finally {
        events.push(`left ${subscriberId}`);
      }
    });
    await expect(list(never)).resolves.toBe(full.agents);
    expect(events).toEqual(['left general-1']);
  });

  it('is waited for no longer than its time, and not when the answer is stopped', async () => {
    const list = open(async function* (_request, options) {
      await new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
      });
      yield update(true);
    }, 20);
    await expect(list(never)).rejects.toMatchObject({ name: 'TimeoutError' });
    const stopped = new AbortController();
    const listed = list(stopped.signal);
    stopped.abort(new Error('stopped'));
    await expect(listed).rejects.toThrow('stopped');
  });

  it('fails when the server ends the stream without one', async () => {
    const list = open(async function* () {
      yield update(false);
    });
    await expect(list(never)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
