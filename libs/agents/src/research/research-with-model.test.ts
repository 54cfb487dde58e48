import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testStep } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import {
  callTools,
  respondWith,
  type StandInProvider,
  startStandInProvider,
  streamPieces,
} from '@parley/language-model/stand-in-provider';
import { createDataFolder, createPageFetcher } from '@parley/research-tools';
import { createAggregatorAgent } from './aggregator-agent.ts';
import { createClarifierAgent } from './clarifier-agent.ts';
import { createExecutorAgent } from './executor-agent.ts';
import { createPlannerAgent } from './planner-agent.ts';
import { createResearchHarness, type ResearchHarness } from './testing/research-harness.ts';

const FAILS = respondWith(500, { error: { message: 'down' } });
const TESLA = {
  symbols: ['TSLA'],
  measures: ['volatility'],
  period: { kind: 'last', count: 1, unit: 'month' },
};

let provider: StandInProvider;
let site: Server;
let host: string;
let harness: ResearchHarness;

beforeEach(async () => {
  provider = await startStandInProvider();
  site = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('The moon is 384,400 km away.');
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  host = `localhost:${(site.address() as AddressInfo).port}`;
  const settings = { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' };
  const model = await createLanguageModel(settings, { retries: 0 });
  const data = createDataFolder();
  const fetchPage = createPageFetcher({ allow: [host], isAllowedAddress: () => true });
  harness = createResearchHarness({
    planner: createPlannerAgent(model, data),
    executor: createExecutorAgent({ model, data, fetchPage }),
    aggregator: createAggregatorAgent(model),
    clarifier: createClarifierAgent(model),
  });
});
afterEach(async () => {
  site.closeAllConnections();
  site.close();
  await provider.close();
});

const said = (index: number): string => JSON.stringify(provider.requests[index]?.body.messages);

describe('the research agents, with a language model', () => {
  it('plan by the arguments of a tool, and write a summary of what code has computed', async () => {
    provider.play(
      callTools({ name: 'make_plan', input: TESLA }),
      streamPieces('Done.'),
      streamPieces('Tesla was wild.'),
    );
    await harness.say('Wie wild war Tesla zuletzt?');
    const task = await harness.work();
    expect(harness.done).toEqual(['prices:TSLA:1mo', 'volatility:TSLA:1mo', 'report-1']);
    const report = task.rounds[0]?.report?.text;
    expect(report).toContain('## Summary\n\nTesla was wild.');
    expect(report).toContain('| Tesla (TSLA) | 49.7 % |');
    expect(report).toMatch(/Read and written by .*llama/);
    expect(said(2)).toContain('49.7 % a year');
  });

  it('have a plan corrected that names missing data', async () => {
    provider.play(
      callTools({ name: 'make_plan', input: { ...TESLA, symbols: ['NVDA'] } }),
      callTools({ name: 'make_plan', input: { ...TESLA, measures: ['beauty'] } }),
      callTools({ name: 'make_plan', input: TESLA }),
      streamPieces('Done.'),
    );
    await harness.say('Analyze Nvidia');
    await harness.work(0);
    expect(said(1)).toContain('There are no prices of NVDA');
    expect(harness.plans[0]).toContain('Volatility of Tesla');
  });

  it.each([
    ['in prose, instead of as a call', 0],
    ['as JSON, when it takes no tools', 1],
  ])('take the plan that the model writes %s', async (_how, refusals) => {
    const refuse = respondWith(400, { error: { message: 'llama does not support tools' } });
    const plan = { ...TESLA, symbols: ['tsla', 'NVDA'], work: ['Rhyme'] };
    const written = streamPieces('Here you are: ```json\n', JSON.stringify({ arguments: plan }), '\n```');
    if (refusals === 0) provider.play(written);
    else provider.play(refuse, written);
    await harness.say('Analyze Tesla');
    await harness.work(0);
    expect(harness.plans[0]).toContain('Volatility of Tesla');
    expect(harness.plans[0]).toContain('“NVDA”');
    expect(provider.requests.map(({ body }) => body.tools !== undefined)).toEqual(
      refusals === 0 ? [true] : [true, false],
    );
    // A step that needs tools is not begun without them.
    expect(harness.plans[0]?.includes('2 steps')).toBe(refusals === 1);
  });

  it('let the model work with calculator, files, pages and notes, and name what it used', async () => {
    provider.play(
      callTools({ name: 'make_plan', input: { work: ['How often does AAPL fit between earth and moon?'] } }),
      streamPieces('Done.'),
      callTools(
        { name: 'calculate', input: { expression: '384400 / 230.64' } },
        { name: 'query_csv', input: { file: 'prices/AAPL', query: { limit: 1 } } },
        { name: 'fetch_page', input: { url: `http://${host}/moon` } },
        { name: 'fetch_page', input: { url: 'http://example.com/' } },
        { name: 'note', input: { text: 'moon' } },
      ),
      streamPieces('About 1,667 times.'),
      streamPieces('In short: 1,667.'),
    );
    await harness.say('How often does the Apple price fit between earth and moon?');
    const task = await harness.work();
    const answers = said(3);
    expect(answers).toContain('1666.6666');
    expect(answers).toContain('228');
    expect(answers).toContain('The moon is 384,400 km away.');
    expect(answers).toContain('That does not work: example.com is not on the list of allowed hosts');
    expect(answers).toContain('Noted: moon');
    const report = task.rounds[0]?.report?.text;
    expect(report).toContain('About 1,667 times.');
    expect(report).toContain(`- prices/AAPL.csv (sample data, invented)\n- http://${host}/moon`);
  });

  it('refine by the model from the plan before, and do no step again', async () => {
    provider.play(
      callTools({ name: 'make_plan', input: { ...TESLA, symbols: ['TSLA', 'AAPL'] } }),
      streamPieces('Done.'),
      streamPieces('Both moved.'),
      callTools({ name: 'make_plan', input: TESLA }),
      streamPieces('Done.'),
      streamPieces('Only Tesla.'),
    );
    await harness.say('Analyze Tesla and Apple');
    await harness.work();
    const before = harness.done.length;
    await harness.say('Leave Apple out, and rhyme');
    const task = await harness.work();
    expect(harness.done.slice(before)).toEqual(['report-2']);
    expect(task.rounds[1]?.report?.text).toContain('Only Tesla.');
    expect(said(3)).toContain('The wish: Leave Apple out, and rhyme');
    expect(said(5)).toContain('Both moved.');
  });

  it('do as the offline rules when the provider fails, and say so', async () => {
    provider.play(FAILS);
    await harness.say('Analyze the volatility of Tesla over the last month');
    const report = (await harness.work()).rounds[0]?.report?.text;
    expect(harness.plans[0]).toContain('The offline rules have planned instead.');
    expect(report).toContain('The offline rules have written the findings instead.');
    expect(report).toContain('Tesla’s volatility was **49.7 %** a year');
  });

  it('report work that the model could not do, beside all else', async () => {
    provider.play(FAILS);
    const model = await createLanguageModel(
      { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' },
      { retries: 0 },
    );
    const executor = createExecutorAgent({
      model,
      data: createDataFolder(),
      fetchPage: createPageFetcher({ allow: [] }),
    });
    const step = { input: { do: 'work', instruction: 'Rhyme' }, attempt: 3 };
    expect((await testStep(executor, { step })).result).toMatchObject({
      isMissing: true,
      summary: expect.stringMatching(/^Rhyme could not be done: llama at .* has a fault \(500\).*“down”/),
    });
  });

  it('answer questions about the task by the model, from its true state', async () => {
    provider.play(
      callTools({ name: 'make_plan', input: TESLA }),
      streamPieces('Done.'),
      streamPieces('Half of it is done.'),
    );
    await harness.say('Analyze Tesla');
    await harness.work(1);
    expect((await harness.say('Wie weit bist du?')).replies).toEqual(['Half of it is done.']);
    expect(said(2)).toContain('1 of 2 steps are done');
    provider.play(FAILS);
    expect((await harness.say('Are you done yet?')).replies[0]).toContain('1 of 2 steps are done');
  });
});
