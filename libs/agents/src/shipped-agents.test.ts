import { describe, expect, it } from '@jest/globals';
import { profileOf } from '@parley/agent-kit';
import { createLanguageModel } from '@parley/language-model';
import { AgentProfile } from '@parley/shared-models';
import { shippedAgents } from './shipped-agents.ts';

const languageModel = createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });

describe('the shipped agents', () => {
  it('are found by the name that --use takes', () => {
    expect(Object.keys(shippedAgents)).toEqual([
      'echo',
      'assistant',
      'hr',
      'finance',
      'helios',
      'ceres',
      'general',
      'coordinator',
      'orders',
      'email',
      'planner',
      'executor',
      'aggregator',
      'clarifier',
    ]);
    expect(shippedAgents.echo?.create({ languageModel }).name).toBe('Echo');
    expect(shippedAgents.assistant?.create({ languageModel }).name).toBe('Assistant');
  });

  it.each(Object.entries(shippedAgents))('can be registered as they are: %s', (name, agent) => {
    expect(agent.name).toBe(name);
    const definition = agent.create({ languageModel });
    expect(AgentProfile.safeParse(profileOf(definition)).error).toBeUndefined();
    expect(definition.description).not.toBe('');
  });
});
