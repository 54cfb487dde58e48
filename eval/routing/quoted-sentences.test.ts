import { describe, expect, it } from '@jest/globals';
import { createIntentScorer, decideReceiver, type RoutingAnswer } from '@parley/routing';
import { everyAgent, labelOf } from './roster.ts';

const agents = await everyAgent();
const scoreIntent = createIntentScorer();

/** The label of who was chosen. */
function receiverOf(answer: RoutingAnswer): string | undefined {
  const chosen = agents.find(({ agentId }) => answer.ok && agentId === answer.decision.agentId);
  return chosen && labelOf(chosen.group);
}

function route(text: string, only?: readonly string[]): RoutingAnswer {
  const there = agents.filter(({ group }) => only === undefined || only.includes(group));
  const question = { recentlyAssigned: () => 0, offlineForMs: () => 0, graceMs: 0, scoreIntent };
  return decideReceiver({ ...question, agents: there, text: () => text });
}

describe('what the descriptions of the systems quote', () => {
  it.each([
    ['I want to start working out', 'helios'],
    ['I want to work out', 'helios'],
    ['my goal is 10k steps', 'helios'],
    ['What should I eat for breakfast?', 'ceres'],
    ['Hello! What can you help with?', 'general'],
    ['budget', 'finance'],
    ['money', 'finance'],
    ['finance', 'finance'],
    ['hr', 'hr'],
    ['employee', 'hr'],
    ['human resources', 'hr'],
    ['order 1 laptop', 'orders'],
    [
      'Analyze the stock performance of Apple, Google, and Tesla over the last month and summarize the key findings',
      'research',
    ],
    ["Rewrite the summary to focus only on Tesla's stock volatility.", 'research'],
    ['What is the current status?', 'research'],
    ['Explain what a message queue is', 'assistant'],
    ['three chronic problems', 'assistant'],
  ])('%j goes to %s', (text, group) => {
    expect(receiverOf(route(text))).toBe(group);
  });

  it.each([
    ['What is left of my budget?', 'finance'],
    ['I need money', 'finance'],
    ['I am a new employee', 'hr'],
    ['I want to talk to human resources', 'hr'],
    ['How many leave days do I have left?', 'hr'],
  ])('%j goes to %s where only HR and Finance are', (text, group) => {
    expect(receiverOf(route(text, ['hr', 'finance']))).toBe(group);
  });

  it('is refused with the agents that there are when it is no matter of HR or Finance', () => {
    for (const text of ['three chronic problems', 'What should I eat for breakfast?', 'Who wrote Hamlet?']) {
      expect(route(text, ['hr', 'finance'])).toMatchObject({
        ok: false,
        code: 'no_agent_fits',
        message: expect.stringMatching(/Finance \(.*HR \(/),
      });
    }
  });
});
