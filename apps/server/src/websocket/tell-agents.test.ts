import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ServerFrame } from '@parley/shared-models';
import { registryFixture } from '../../testing/registry-fixture.ts';
import { tellAgents } from './tell-agents.ts';

describe('what clients are told of the agents', () => {
  const registry = registryFixture();
  const { register, beat } = registry;
  /** The frames sent to each connection, by the frames that it reads; 0 has not said hello. */
  const texts: Record<0 | 1 | 2 | 3, string[]> = { 0: [], 1: [], 2: [], 3: [] };
  let stop: () => void;

  beforeEach(async () => {
    await register();
    await register('hr', { profile: { name: 'HR' } });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
    const connections = ([0, 1, 2, 3] as const).map((frames) => ({
      frames,
      tell: (text: string) => void (frames > 0 && texts[frames].push(text)),
    }));
    // Another connection that reads the same frames as the second.
    stop = tellAgents(registry.agents, [...connections, { frames: 1, tell() {} }]);
  });
  afterEach(() => {
    stop();
    jest.useRealTimers();
    for (const sent of Object.values(texts)) sent.length = 0;
  });

  /** The frames that connections of this kind were sent since it was asked last: `type`, and of each agent its id and load. */
  const told = (frames: 1 | 2): string[] =>
    texts[frames].splice(0).map((text) => {
      const frame = JSON.parse(text) as ServerFrame;
      if (frame.type !== 'agents' && frame.type !== 'agents.load') throw new Error(`a frame ${frame.type}`);
      return [frame.type, ...frame.agents.map(({ agentId, load }) => `${agentId}=${load}`)].join(' ');
    });

  it('is how busy an agent is and nothing else of it, where they read that', () => {
    beat('echo', 1, { load: 0.5, metrics: { handled: 1, failed: 2, meanHandleMs: 3 } });
    expect(texts[2].map((text) => JSON.parse(text))).toEqual([
      {
        type: 'agents.load',
        agents: [
          {
            agentId: 'echo',
            load: 0.5,
            lastSeen: expect.any(String),
            metrics: { handled: 1, failed: 2, meanHandleMs: 3 },
          },
        ],
      },
    ]);
    expect(texts[1].map((text) => JSON.parse(text))).toEqual([
      { type: 'agents', agents: [registry.agents.list()[0]], isFull: false },
    ]);
  });

  it('is each load at most once a second, the newest, of all agents together', () => {
    beat('echo', 1, { load: 0.1 });
    for (const load of [0.2, 0.3]) beat('echo', 1, { load });
    beat('hr', 1, { load: 0.9 });
    for (const kind of [1, 2] as const)
      expect(told(kind)).toEqual([`${kind === 1 ? 'agents' : 'agents.load'} echo=0.1`]);
    jest.advanceTimersByTime(999);
    for (const kind of [1, 2] as const) expect(told(kind)).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told(1)).toEqual(['agents echo=0.3 hr=0.9']);
    expect(told(2)).toEqual(['agents.load echo=0.3 hr=0.9']);
    beat('echo', 1, { load: 0.4 });
    expect(told(2)).toEqual([]);
    jest.advanceTimersByTime(1000);
    expect(told(2)).toEqual(['agents.load echo=0.4']);
    // A second without a change: the next one goes at once again.
    jest.advanceTimersByTime(1000);
    expect(told(2)).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    beat('echo', 1, { load: 0.5 });
    expect(told(2)).toEqual(['agents.load echo=0.5']);
  });

  it('is every other change at once, with the load of the time, which is not told again', async () => {
    beat('hr', 1, { load: 0.9 });
    beat('echo', 1, { load: 0.2 });
    told(2);
    beat('echo', 1, { load: 0.3, state: 'draining' });
    expect(told(2)).toEqual(['agents echo=0.3']);
    jest.advanceTimersByTime(1000);
    expect(told(2)).toEqual([]);
    beat('echo', 1, { load: 0.4, state: 'draining' });
    await registry.agents.forget('hr');
    expect(told(2)).toEqual(['agents.load echo=0.4', 'agents echo=0.4']);
    expect(JSON.parse(texts[3].at(-1) ?? '')).toMatchObject({ isFull: true });
  });

  it('is encoded once for all who read the same', () => {
    const encode = jest.spyOn(JSON, 'stringify');
    beat('echo', 1, { load: 0.5 });
    expect(encode).toHaveBeenCalledTimes(2);
    expect(texts[3]).toEqual(texts[2]);
    expect(texts[0]).toEqual([]);
    encode.mockRestore();
  });

  it('is nothing any more once it is stopped', () => {
    beat('echo', 1, { load: 0.1 });
    beat('echo', 1, { load: 0.2 });
    told(2);
    stop();
    expect(jest.getTimerCount()).toBe(0);
    beat('echo', 1, { load: 0.3, state: 'draining' });
    jest.advanceTimersByTime(1000);
    expect(told(2)).toEqual([]);
  });
});
