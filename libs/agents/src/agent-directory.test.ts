import { describe, expect, it } from '@jest/globals';
import type { AgentStatusUpdate, StreamOptions } from '@parley/control-plane';
import { createLogger } from '@parley/process-kit';
import { type AgentDirectoryOptions, createAgentDirectory } from './agent-directory.ts';

type Subscribe = (
  request: { subscriberId: string },
  options?: StreamOptions,
) => AsyncIterable<AgentStatusUpdate>;

const update = (isFull: boolean): AgentStatusUpdate => ({ agents: [], isFull, removed: [] });

/** A directory over a server with these answers, and the state of its clients. */
function open(subscribeToAgentStatus: Subscribe, options: Partial<AgentDirectoryOptions> = {}) {
  const events: string[] = [];
  const list = createAgentDirectory({
    url: '127.0.0.1:1',
    logger: createLogger('test', 'silent'),
    openClient() {
      events.push('open');
      return { subscribeToAgentStatus, close: () => events.push('close') };
    },
    ...options,
  });
  return { list, events };
}

describe('the list of agents', () => {
  it('is the first full one, after which the subscription and its client end', async () => {
    const full = update(true);
    let isLeft = false;
    const { list, events } = open(async function* () {
      try {
        yield update(false);
        yield full;
        events.push('went on');
      } finally {
        isLeft = true;
      }
    });
    await expect(list()).resolves.toBe(full.agents);
    expect(isLeft).toBe(true);
    expect(events).toEqual(['open', 'close']);
  });

  it('is asked for once by all who ask at the same time, and again when it is old', async () => {
    const answer: Subscribe = async function* () {
      yield update(true);
    };
    const young = open(answer, { maxAgeMs: 60_000 });
    await Promise.all([young.list(), young.list()]);
    await young.list();
    expect(young.events).toEqual(['open', 'close']);
    const old = open(answer, { maxAgeMs: 0 });
    await old.list();
    await old.list();
    expect(old.events).toEqual(['open', 'close', 'open', 'close']);
  });

  it('is waited for no longer than its time', async () => {
    const { list, events } = open(
      async function* (_request, options) {
        await new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
        });
        yield update(true);
      },
      { timeoutMs: 20 },
    );
    await expect(list()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(events).toEqual(['open', 'close']);
  });

  it('fails when the server ends the stream without one, and is asked for anew then', async () => {
    let isBack = false;
    const { list } = open(
      async function* () {
        yield update(isBack);
      },
      { maxAgeMs: 60_000 },
    );
    await expect(list()).rejects.toMatchObject({ code: 'unavailable' });
    isBack = true;
    await expect(list()).resolves.toEqual([]);
  });

  it('fails when there is no server', async () => {
    const list = createAgentDirectory({
      url: '127.0.0.1:1',
      logger: createLogger('test', 'silent'),
      timeoutMs: 500,
    });
    await expect(list()).rejects.toThrow();
  });
});
