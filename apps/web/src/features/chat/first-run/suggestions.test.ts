import { describe, expect, it } from '@jest/globals';
import type { AgentState, AgentStatus } from '@parley/shared-models';
import { suggestionsFor } from './suggestions.ts';

const agent = (agentName: string, examples: string[], state: AgentState = 'online'): AgentStatus => ({
  agentId: agentName.toLowerCase(),
  agentName,
  group: agentName.toLowerCase(),
  description: '',
  capabilities: [],
  keywords: [],
  examples,
  state,
  load: 0,
  lastSeen: '2026-03-10T09:00:00.000Z',
  incarnation: 1,
  metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
});
const texts = (agents: AgentStatus[]) => suggestionsFor(agents).map(({ text }) => text);

describe('suggestionsFor', () => {
  it('always gives three', () => {
    expect(texts([])).toHaveLength(3);
    expect(texts([agent('A', ['a']), agent('B', ['b']), agent('C', ['c']), agent('D', ['d'])])).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('takes one example of each agent that is online', () => {
    expect(texts([agent('A', ['a1', 'a2']), agent('B', ['b'], 'offline')])).toEqual([
      'a1',
      ...texts([]).slice(0, 2),
    ]);
  });

  it('does not offer two instances of one agent twice', () => {
    expect(texts([agent('A', ['a']), agent('A', ['a'])])[1]).not.toBe('a');
  });

  it('addresses Echo by name', () => {
    expect(suggestionsFor([agent('Echo', [])])[0]).toEqual({
      text: '@Echo say this back to me',
      agentName: 'Echo',
    });
  });
});
