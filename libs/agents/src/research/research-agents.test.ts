import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLanguageModel } from '@parley/language-model';
import { createDataFolder, createPageFetcher } from '@parley/research-tools';
import { newId } from '@parley/shared-models';
import { createAggregatorAgent } from './aggregator-agent.ts';
import { createClarifierAgent } from './clarifier-agent.ts';
import { createExecutorAgent } from './executor-agent.ts';
import { createPlannerAgent } from './planner-agent.ts';
import { createResearchHarness, type ResearchHarness } from './testing/research-harness.ts';

const ANALYZE =
  'Analyze the stock performance of Apple, Google, and Tesla over the last month and summarize the key findings.';
const REWRITE = "Rewrite the summary to focus only on Tesla's stock volatility.";

const model = await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });
const data = createDataFolder();
let harness: ResearchHarness;

beforeEach(() => {
  harness = createResearchHarness({
    planner: createPlannerAgent(model, data),
    executor: createExecutorAgent({ model, data, fetchPage: createPageFetcher({ allow: [] }) }),
    aggregator: createAggregatorAgent(model),
    clarifier: createClarifierAgent(model),
  });
});

const reportOf = (task: { rounds: readonly { report?: { text: string } | undefined }[] }): string =>
  task.rounds.at(-1)?.report?.text ?? '';

describe('the research agents, offline', () => {
  it('answer the request of the document with a report of computed figures', async () => {
    const { replies, task } = await harness.say(ANALYZE);
    expect(replies).toEqual([]);
    expect(task?.title).toBe('Stock performance of Apple, Google and Tesla over the last month');
    const report = reportOf(await harness.work());
    expect(harness.plans).toEqual([
      '**Stock performance of Apple, Google and Tesla over the last month**: 22 steps, then the report.',
    ]);
    expect(report).toContain('20 October 2026 to 20 November 2026, 24 trading days. Sample data');
    expect(report).toContain('| Apple (AAPL) | +3.5 % | 17.3 % |');
    expect(report).toContain('## Key findings');
    expect(report).toContain(
      '![Change since the first day: Apple, Google and Tesla](data:image/svg+xml;base64,',
    );
    expect(report).toContain('`prices/TSLA.csv`, **sample data that ships with Parley, invented**');
    expect(report).not.toMatch(/undefined|NaN|null/);
  });

  it('load the prices first, and compare when all measures are there', async () => {
    await harness.say(ANALYZE);
    const { steps } = await harness.work(0);
    expect(steps.slice(0, 3).map(({ dependsOn }) => dependsOn)).toEqual([[], [], []]);
    expect(steps[3]).toMatchObject({ title: 'Compute the return of Apple', dependsOn: ['prices:AAPL:1mo'] });
    const comparison = steps.find(({ id }) => id.startsWith('compare'));
    expect(comparison?.dependsOn).toHaveLength(21);
  });

  it('refine from the stored results, and do no step again', async () => {
    await harness.say(ANALYZE);
    await harness.work();
    const before = [...harness.done];
    const { replies, task } = await harness.say(REWRITE);
    expect(replies).toEqual([]);
    expect(task?.round).toBe(2);
    const refined = await harness.work();
    expect(harness.done.slice(before.length)).toEqual(['report-2']);
    expect(harness.plans.at(-1)).toContain('all results are there');
    const report = reportOf(refined);
    expect(report).toMatch(/^# Volatility of Tesla over the last month/);
    expect(report).toContain('Tesla’s volatility was **');
    expect(report).toContain('Daily changes of Tesla');
    expect(report).not.toMatch(/Apple|Google|drawdown \|/);
  });

  it('do only the steps that are missing when a refinement asks for more', async () => {
    await harness.say('Analyze the volatility of Tesla over the last month');
    await harness.work();
    await harness.say('Add the volatility of Microsoft too, and of Tesla');
    await harness.work();
    expect(harness.done).toEqual([
      ...['prices:TSLA:1mo', 'volatility:TSLA:1mo', 'report-1'],
      ...['prices:MSFT:1mo', 'volatility:MSFT:1mo', expect.stringMatching(/^compare:/), 'report-2'],
    ]);
  });

  it('begin another task when something else is asked for after a report', async () => {
    const first = (await harness.say(ANALYZE)).task;
    await harness.work();
    const second = (await harness.say('Analyze the trading volume of Amazon in Q3')).task;
    expect(second?.id).not.toBe(first?.id);
    expect(reportOf(await harness.work())).toContain('Amazon shares changed hands on an average day');
  });

  it('begin and refine once when a message is handled again', async () => {
    const [first, second] = [newId(), newId()];
    const begun = await harness.say(ANALYZE, first);
    expect(await harness.say(ANALYZE, first)).toEqual(begun);
    await harness.work();
    const refined = await harness.say(REWRITE, second);
    await harness.work();
    const again = await harness.say(REWRITE, second);
    expect(again.replies).toEqual([]);
    expect(again.task?.id).toBe(refined.task?.id);
    expect(again.task?.round).toBe(2);
    // The message that began the task does not refine it.
    expect((await harness.say(ANALYZE, first)).task?.rounds).toHaveLength(2);
  });

  it('answer what the status is with the true step, and cancel', async () => {
    await harness.say('Analyze the volatility of Tesla');
    expect((await harness.say('What is the current status?')).replies[0]).toContain('is being planned');
    await harness.work(1);
    const { replies } = await harness.say('What is the current status?');
    expect(replies[0]).toBe(
      '“Volatility of Tesla over the last month” is executing: 1 of 2 steps are done.\n' +
        'Then: **Compute the volatility of Tesla**, and the report.',
    );
    expect((await harness.say('what have you found so far?')).replies[0]).toContain(
      'Found so far:\n- Tesla: 24 days, 20 October 2026 to 20 November 2026',
    );
    expect((await harness.say('Please stop')).replies[0]).toContain('was cancelled');
  });

  it('say what they could not understand, in the plan and in the report', async () => {
    await harness.say('Analyze Nvidia and Tesla over the last two weeks');
    const report = reportOf(await harness.work());
    expect(harness.plans[0]).toContain('I could not understand “Nvidia”');
    expect(report).toContain('> I could not understand “Nvidia” (offline rules), and left it out.');
  });

  it('begin nothing when they understand nothing, and say what one can ask', async () => {
    const { replies, task } = await harness.say('Tell me about the phases of the moon');
    expect(task).toBeUndefined();
    expect(replies[0]).toMatch(/could not understand “phases”, “moon”.*Apple, Amazon/);
  });

  it('calculate, query files and take notes', async () => {
    await harness.say(
      'Calculate 15% * 2300. Note that the moon is full. The average of close in prices/AAPL.csv',
    );
    const report = reportOf(await harness.work());
    expect(report).toContain('15% * 2300 = **345**');
    expect(report).toMatch(/\| mean\(close\) \|\n\| --- \|\n\| \d{3}\.\d+ \|/);
    expect(report).toContain('the moon is full');
    expect(report).toContain('- prices/AAPL.csv (sample data, invented)');
  });

  it('report failed sources, with the reasons, beside all findings', async () => {
    await harness.say('Analyze the volatility of Tesla. Read https://example.com/a_b.');
    const report = reportOf(await harness.work());
    expect(report).toContain('Tesla’s volatility was **');
    expect(report).toContain('> https://example.com/a\\_b could not be read: Fetching is off');
    expect(report).not.toContain('## From the page');
    expect(harness.done).toContainEqual(expect.stringMatching(/^page:/));
  });

  it('say so when the data does not cover a period', async () => {
    await harness.say('Analyze Tesla and Apple in 2020');
    const report = reportOf(await harness.work());
    expect(report).toContain('no days from 1 January 2020 to 31 December 2020; the data covers 20 May 2026');
    expect(report).not.toMatch(/undefined|NaN|null|Infinity/);
  });
});

describe('the research agents, with files of the operator', () => {
  let folder: string;
  let own: ResearchHarness;
  const put = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'parley-research-'));
    await mkdir(path.join(folder, 'prices'));
    const ownData = createDataFolder({ own: folder });
    own = createResearchHarness({
      planner: createPlannerAgent(model, ownData),
      executor: createExecutorAgent({
        model,
        data: ownData,
        fetchPage: createPageFetcher({ allow: [] }),
      }),
      aggregator: createAggregatorAgent(model),
      clarifier: createClarifierAgent(model),
    });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('answer a query of a file in groups', async () => {
    await put({ 'plain.csv': 'region,amount\nN,10\nS,20\nN,5\n' });
    await own.say('sum of amount in plain.csv by region');
    const report = reportOf(await own.work());
    expect(report).toContain('| N | 15 |');
    expect(report).toContain('| S | 20 |');
  });

  it('go on without a file that cannot be read, and name it', async () => {
    await put({
      'prices/GOOD.csv': 'Date,Open,Close\n2026-11-02,1,10\n2026-11-03,1,null\n2026-11-04,1,11\n',
      'prices/BAD.csv': 'this is, no\nprice file,at all\n',
    });
    await own.say('Analyze the return of GOOD and BAD over the last month');
    const report = reportOf(await own.work());
    expect(report).toContain('GOOD (GOOD) | +10.0 %');
    expect(report).toContain('BAD could not be read: “prices/BAD” has no column of days');
    expect(report).toContain('line 3: “null” is no price');
    expect(report).not.toMatch(/undefined|NaN/);
  });

  it('say so when no file can be read at all', async () => {
    await put({ 'prices/BAD.csv': 'date,close\n2026-11-02,null\n' });
    await own.say('Analyze the return of BAD');
    expect(reportOf(await own.work())).toContain('no day that can be read: line 2: “null” is no price');
  });
});
