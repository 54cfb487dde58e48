import { describe, expect, it } from '@jest/globals';
import type { AgentStatus } from '@parley/shared-models';
import { agent } from '../testing/test-agents.ts';
import { createClassifier, createIntentScorer } from './intent-scorer.ts';

function countingScorer() {
  const builds: number[] = [];
  const score = createIntentScorer((profiles) => {
    builds.push(profiles.length);
    return createClassifier(profiles);
  });
  return { builds, score };
}

/** As it comes off the wire with each heartbeat. */
const copyOf = (status: AgentStatus): AgentStatus => structuredClone(status);

describe('the scorer of intents', () => {
  const finance = agent('finance', { keywords: ['budget'], examples: ['What is left?'] });
  const hr = agent('hr', { keywords: ['employee'] });

  it('learns the agents once, however often they say their load or come and go', () => {
    const { builds, score } = countingScorer();
    score('my budget', [finance, hr]);
    score('my budget', [finance, hr]);
    score('my budget', [{ ...copyOf(finance), load: 0.5, lastSeen: '2026-02-01T00:00:00.000Z' }, copyOf(hr)]);
    score('my budget', [copyOf(finance), { ...copyOf(hr), state: 'offline' }]);
    expect(builds).toEqual([2]);
  });

  it.each([
    ['keywords', [{ ...finance, keywords: ['money'] }, hr]],
    ['examples', [{ ...finance, examples: ['How much?'] }, hr]],
    ['description', [finance, { ...hr, description: 'People' }]],
    ['number', [finance, hr, agent('echo', { keywords: ['echo'] })]],
    ['ids', [finance, agent('echo', { keywords: ['echo'] })]],
  ])('learns them anew when their %s change', (_what, changed) => {
    const { builds, score } = countingScorer();
    score('my budget', [finance, hr]);
    score('my budget', changed);
    expect(builds).toHaveLength(2);
    expect(score('my money', changed)[0]?.confidence).toBe(
      createIntentScorer()('my money', changed)[0]?.confidence,
    );
  });

  it('takes instances of one agent for one: they are no rivals', () => {
    const { builds, score } = countingScorer();
    const alone = score('my budget', [finance, hr])[0]?.confidence;
    const twins = score('my budget', [agent('finance-2', finance), finance, hr]);
    expect(builds).toEqual([2, 2]);
    expect(twins.slice(0, 2).map(({ confidence }) => confidence)).toEqual([alone, alone]);
  });

  it('puts the best first, equal ones by id', () => {
    const agents = [
      agent('c', { keywords: ['money'] }),
      agent('b', { keywords: ['money', 'budget'] }),
      agent('a', { keywords: ['money'] }),
      agent('0', { keywords: ['fun'] }),
    ];
    const order = createIntentScorer()('money for my budget', agents).map((score) => score.agent.agentId);
    expect(order).toEqual(['b', 'a', 'c', '0']);
  });
});
