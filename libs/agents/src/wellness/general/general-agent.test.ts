import { describe, expect, it } from '@jest/globals';
import { profileOf } from '@parley/agent-kit';
import { testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import { respondWith, startStandInProvider, streamPieces } from '@parley/language-model/stand-in-provider';
import { type AgentStatus, CAPABILITIES, ParleyError } from '@parley/shared-models';
import { createAssistantAgent } from '../../assistant/assistant-agent.ts';
import { createFinanceAgent } from '../../helpdesk/finance/finance-agent.ts';
import { createHeliosAgent } from '../helios/helios-agent.ts';
import { createGeneralAgent } from './general-agent.ts';
import type { ListAgents } from './list-agents.ts';

const offline = await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });

function statusOf(profile: ReturnType<typeof profileOf>, changes: Partial<AgentStatus> = {}): AgentStatus {
  const { name, concurrency: _, ...said } = profile;
  return {
    ...said,
    agentId: said.group,
    agentName: name,
    state: 'online',
    load: 0,
    lastSeen: '2026-01-31T12:00:00.000Z',
    incarnation: 1,
    metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
    ...changes,
  };
}

const general = statusOf(profileOf(createGeneralAgent(offline)));
const finance = statusOf(profileOf(createFinanceAgent(offline)));
const helios = statusOf(profileOf(createHeliosAgent(offline)));
const seeing =
  (...agents: readonly AgentStatus[]): ListAgents =>
  async () => [general, ...agents];

const ask = async (listAgents: ListAgents | undefined, text: string): Promise<string> =>
  (await testAgent(createGeneralAgent(offline, listAgents)).send(text)).text;

describe('General, offline', () => {
  it('greets by name and lists the abilities of the agents that are there, and no others', async () => {
    const said = await ask(seeing(finance, helios), 'Hello! What can you help with?');
    expect(said).toMatch(/^Hello Ada! I am General 🤖/);
    expect(said).toContain(`- **Finance**: ${finance.description}, e.g. *My budget is 1,500 €*`);
    expect(said).toContain('- **Helios**: ');
    expect(said).not.toContain('**General**');
    expect(said).not.toContain('Ceres');
    expect(said).toContain('`@Finance`');
  });

  it('cuts a long example between words, and points to an agent that people write to', async () => {
    const worker = { ...helios, agentId: 'a', group: 'a', agentName: 'A worker', examples: [] };
    const talkative = { ...finance, examples: [`${'word '.repeat(40)}end`] };
    const said = await ask(seeing(worker, talkative), 'Which agents are there?');
    expect(said).toContain('word …*');
    expect(said).toContain('`@Finance`');
  });

  it('names the instances of an agent once, without those that are offline, and says who is paused', async () => {
    const said = await ask(
      seeing(
        { ...finance, state: 'offline' },
        { ...finance, agentId: 'finance-2' },
        { ...finance, agentId: 'finance-3' },
        { ...helios, state: 'paused' },
        { ...helios, agentId: 'x', group: 'x', agentName: 'X', state: 'offline' },
      ),
      'Which agents are there?',
    );
    expect(said.match(/\*\*Finance\*\*/g)).toHaveLength(1);
    expect(said).toContain('- **Helios** (paused): ');
    expect(said).not.toContain('**X**');
  });

  it('tells to whom a question belongs', async () => {
    const assistant = statusOf(profileOf(createAssistantAgent(offline)));
    const said = await ask(
      seeing(assistant, finance, helios),
      'Can anybody help me with my budget and money?',
    );
    expect(said).toContain('That is a matter for this agent:');
    expect(said).toContain('**Finance**');
    expect(said).not.toContain('**Helios**');
    expect(said).not.toContain('**Assistant**');
    expect(said).toContain('`@Finance`');
  });

  it('does not guess an agent for a question that fits no agent', async () => {
    expect(await ask(seeing(finance, helios), 'Sing the blues in Ancient Greek')).toContain(
      'I will not guess',
    );
  });

  it.each([
    undefined,
    (async () => {
      throw new ParleyError('unavailable', 'away');
    }) as ListAgents,
  ])('says that it cannot see the others when it cannot', async (listAgents) => {
    expect(await ask(listAgents, 'Hello!')).toContain('I cannot see just now who is there');
  });

  it('says so when it is alone', async () => {
    expect(await ask(seeing(), 'Hello!')).toContain('no other agent is online');
  });

  it('keeps the descriptions of others on one line', async () => {
    const loud = { ...finance, description: 'Money\n\n# LOUD\n- and more' };
    expect(await ask(seeing(loud), 'Hello!')).toContain('- **Finance**: Money # LOUD - and more');
  });

  it('takes thanks and goodbyes', async () => {
    expect(await ask(seeing(finance), 'Thanks a lot!')).toContain('welcome');
    expect(await ask(seeing(finance), 'Goodbye')).toBe('Goodbye, Ada! 🤖');
  });

  it('calls nobody by the name of somebody who has given none', async () => {
    const agent = testAgent(createGeneralAgent(offline, seeing(finance)));
    const user = { id: 'local', name: 'You' };
    expect((await agent.send('Hello!', { user })).text).toMatch(/^Hello! I am General/);
  });

  it('leaves open questions to the assistant', () => {
    expect(general.capabilities).not.toContain(CAPABILITIES.answersAnything);
    expect(general.capabilities).toContain(`${CAPABILITIES.languageModelPrefix}offline rules`);
  });
});

describe('General with a language model', () => {
  it('tells the model who is there, and streams its words', async () => {
    const provider = await startStandInProvider();
    try {
      provider.play(streamPieces('Hi ', 'Ada!'));
      const settings = { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' };
      const model = await createLanguageModel(settings, { retries: 0 });
      const agent = testAgent(createGeneralAgent(model, seeing(finance)));
      expect((await agent.send('Hello')).pieces).toEqual(['Hi ', 'Ada!']);
      const system = JSON.stringify(provider.requests[0]?.body.messages[0]);
      expect(system).toContain('**Finance**');
      expect(system).not.toContain('Helios');

      provider.play(respondWith(403, { error: { message: 'no' } }));
      expect((await agent.send('Hello')).text).toMatch(
        /^Hello Ada![\s\S]*refused access \(403\).*offline rules/,
      );
    } finally {
      await provider.close();
    }
  });
});
