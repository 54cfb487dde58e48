import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentDefinition } from '@parley/agent-kit';
import { createTestContext, testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel, type LanguageModel } from '@parley/language-model';
import { ANSWER, BEGINNING, MANNERS, type Manner, THOUGHT } from '@parley/language-model/stand-in-manners';
import { type StandInProvider, startStandInProvider } from '@parley/language-model/stand-in-provider';
import { createDataFolder, createPageFetcher } from '@parley/research-tools';
import { ParleyError } from '@parley/shared-models';
import { createAssistantAgent } from './assistant/assistant-agent.ts';
import { createFinanceAgent } from './helpdesk/finance/finance-agent.ts';
import { createHrAgent } from './helpdesk/hr/hr-agent.ts';
import { createAggregatorAgent } from './research/aggregator-agent.ts';
import { createClarifierAgent } from './research/clarifier-agent.ts';
import { createExecutorAgent } from './research/executor-agent.ts';
import { createPlannerAgent } from './research/planner-agent.ts';
import { createResearchHarness } from './research/testing/research-harness.ts';
import { createCeresAgent } from './wellness/ceres/ceres-agent.ts';
import { createGeneralAgent } from './wellness/general/general-agent.ts';
import { createHeliosAgent } from './wellness/helios/helios-agent.ts';

/** Agents that people talk to, and whether they offer tools to their model. */
const TALKERS: Readonly<
  Record<string, { create(model: LanguageModel): AgentDefinition; hasTools: boolean }>
> = {
  Assistant: { create: createAssistantAgent, hasTools: false },
  General: { create: createGeneralAgent, hasTools: false },
  Finance: { create: createFinanceAgent, hasTools: true },
  HR: { create: createHrAgent, hasTools: true },
  Helios: { create: createHeliosAgent, hasTools: true },
  Ceres: { create: createCeresAgent, hasTools: true },
};

let provider: StandInProvider;
beforeAll(async () => {
  provider = await startStandInProvider();
});
afterAll(() => provider.close());

const openModel = (): Promise<LanguageModel> =>
  createLanguageModel(
    { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama', LLM_API_KEY: 'key' },
    { retries: 0 },
  );

interface Said {
  readonly text: string;
  readonly marks: Readonly<Record<string, unknown>>;
}

/** The text for the person: the reply, or the error's message. */
async function hear(answer: Promise<{ text: string; metadata: readonly unknown[] }>): Promise<Said> {
  try {
    const { text, metadata } = await answer;
    return { text, marks: (metadata[0] ?? {}) as Said['marks'] };
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    expect(error.code).toBe('agent_failed');
    return { text: error.message, marks: {} };
  }
}

function check({ ends, endsWithTools, says = /./ }: Manner, hasTools: boolean, { text, marks }: Said): void {
  const end = hasTools ? (endsWithTools ?? ends) : ends;
  expect(text).not.toContain(THOUGHT);
  expect(text).not.toMatch(/<\/?think/i);
  if (end === 'answer') {
    expect(text).toContain(ANSWER);
    expect(marks).not.toHaveProperty('note');
    return;
  }
  expect(text).toMatch(says);
  expect(text.startsWith(BEGINNING)).toBe(end === 'kept');
  if (end === 'kept') {
    expect(text.endsWith(`\n\n${String(marks.note)}`)).toBe(true);
    expect([marks.isBroken, marks.isCutOff, marks.isFiltered].filter((mark) => mark === true)).toHaveLength(
      1,
    );
  }
}

describe('at an endpoint that wants roles that alternate', () => {
  it.each(Object.entries(TALKERS))('%s goes on after answers that failed', async (_agent, talker) => {
    const manner = MANNERS['wants roles that alternate'];
    if (manner === undefined) throw new Error('there is no such manner');
    provider.play(manner.script);
    const test = createTestContext('And this?', { history: ['One?', 'Hello?'] });
    await talker.create(await openModel()).onMessage(test.context);
    expect(test.replies).toEqual([ANSWER]);
  });
});

describe.each(Object.entries(MANNERS))('with a model that %s', (_manner, manner) => {
  it.each(Object.entries(TALKERS))('%s answers, or says why not, again and again', async (_agent, talker) => {
    provider.play(manner.script);
    const agent = testAgent(talker.create(await openModel()));
    // Later ones have answers, failed and broken ones before them.
    for (const text of ['Good day to you', 'Go on']) {
      check(manner, talker.hasTools, await hear(agent.send(text)));
    }
  });

  it('research comes to a report that says who wrote it', async () => {
    provider.play(manner.script);
    const model = await openModel();
    const data = createDataFolder();
    const fetchPage = createPageFetcher({ allow: [] });
    const harness = createResearchHarness({
      planner: createPlannerAgent(model, data),
      executor: createExecutorAgent({ model, data, fetchPage }),
      aggregator: createAggregatorAgent(model),
      clarifier: createClarifierAgent(model),
    });
    await harness.say('Analyze the volatility of Tesla over the last month');
    const status = await harness.say('What is the current status?');
    expect(status.replies.join('')).not.toBe('');
    const report = (await harness.work()).rounds[0]?.report?.text ?? '';
    // The stand-in plans nothing: the rules read the request.
    const isByModel =
      manner.ends === 'answer' ||
      (manner.says?.test('content filter, cut off: LLM_MAX_OUTPUT_TOKENS continue') ?? false);
    expect(report).toMatch(/\| Tesla \(TSLA\) \| 49.7 % \|/);
    expect(report).not.toContain(THOUGHT);
    if (report.includes(`## Summary\n\n${BEGINNING}`)) {
      expect(isByModel).toBe(true);
      expect(report).toContain(`*Read by offline rules, written by ${model.label}.`);
    } else {
      expect(report).toContain('*Read and written by offline rules.');
      expect(report).toMatch(manner.says ?? /./);
    }
  });
});
