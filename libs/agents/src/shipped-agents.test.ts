import { describe, expect, it } from '@jest/globals';
import { profileOf } from '@parley/agent-kit';
import { createLanguageModel } from '@parley/language-model';
import { AgentProfile } from '@parley/shared-models';
import { shippedAgents } from './shipped-agents.ts';

const deps = {
  languageModel: await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' }),
  config: { DATA_DIR: '/nowhere', RESEARCH_FETCH_ALLOW: [] },
};

describe('the shipped agents', () => {
  it('are found by the name that --use takes', async () => {
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
    expect((await shippedAgents.echo?.create(deps))?.name).toBe('Echo');
    expect((await shippedAgents.assistant?.create(deps))?.name).toBe('Assistant');
  });

  it.each(Object.entries(shippedAgents))('can be registered as they are: %s', async (name, agent) => {
    expect(agent.name).toBe(name);
    const definition = await agent.create(deps);
    expect(AgentProfile.safeParse(profileOf(definition)).error).toBeUndefined();
    expect(definition.description).not.toBe('');
  });
});
