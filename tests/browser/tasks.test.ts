import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { untilAgentHasState } from './agent-state.ts';
import { violations } from './axe.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type ChatScreen, chatScreen } from './chat-screen.ts';

/** The two requests of the document. */
const ANALYZE =
  'Analyze the stock performance of Apple, Google, and Tesla over the last month and summarize the key findings';
const REFINE = "Rewrite the summary to focus only on Tesla's stock volatility";
const SLOW_MS = 120_000;
/** The steps are requested one after another, and several processes share two cores. */
const TASK_MS = 120_000;

describe('long tasks in the browser', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [{ use: 'planner' }, { use: 'executor' }, { use: 'aggregator' }, { use: 'clarifier' }],
      }),
    ]);
  }, SLOW_MS);
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const offences: (readonly string[])[] = [];
  const open = async (address: string): Promise<Page> => {
    const opened = await browser.open(system.url + address);
    offences.push(opened.offences);
    return opened.page;
  };
  const begin = async (): Promise<ChatScreen> => {
    const chat = chatScreen(await open('/'));
    await chat.send(ANALYZE);
    return chat;
  };
  const controlExecutor = async (action: 'Pause' | 'Resume'): Promise<void> => {
    const agents = await open('/agents');
    const card = agents
      .getByRole('listitem')
      .filter({ has: agents.getByRole('heading', { name: 'Executor' }) });
    await card.getByRole('button', { name: action, exact: true }).click();
    await card.getByRole('button', { name: action === 'Pause' ? 'Resume' : 'Pause', exact: true }).waitFor();
    await untilAgentHasState(system.agents[1], action === 'Pause' ? 'paused' : 'online');
    await agents.context().close();
  };
  const report = (page: Page) => page.getByRole('article', { name: 'Report', exact: true });

  it(
    'shows the plan while it is carried out, answers for its state, outlives a reload, and refines the report',
    async () => {
      await controlExecutor('Pause');
      const chat = await begin();
      const card = chat.page.getByRole('link', { name: /^Task: / });
      await card.getByText('running').waitFor({ timeout: TASK_MS });
      await card.click();
      const { page } = chat;
      await page.getByText(/^0 of \d+ steps$/).waitFor();

      // The executor is stopped: the steps wait, and the clarifier answers meanwhile.
      const beside = page.getByRole('complementary', { name: 'Conversation about the task' });
      await beside.getByRole('button', { name: 'What is the current status?' }).click();
      await beside.getByText(/is executing: 0 of \d+ steps are done/).waitFor({ timeout: TASK_MS });
      await beside.getByText('Load the prices of Apple for the last month').first().waitFor();

      await page.reload();
      await page.getByText(/^0 of \d+ steps$/).waitFor();
      await controlExecutor('Resume');
      await report(page).waitFor({ timeout: TASK_MS });
      await page.getByRole('status').getByText('report ready', { exact: true }).waitFor();
      await report(page).getByRole('table').first().waitFor();
      const chart = report(page).getByRole('img').first();
      await chart.waitFor();
      await eventually(async () =>
        expect(await chart.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(
          100,
        ),
      );

      const steps = page.getByRole('region', { name: 'Steps' });
      const doneFirst = await steps.getByText(/^done · Executor/).count();
      expect(doneFirst).toBeGreaterThan(3);
      await page.getByRole('textbox', { name: 'Refine the report' }).fill(REFINE);
      await page.getByRole('button', { name: 'Refine', exact: true }).click();
      await page.getByText(`Earlier: ${ANALYZE}`).waitFor({ timeout: TASK_MS });
      await steps.getByRole('region', { name: 'Round 2' }).waitFor();
      // No step of an executor was repeated.
      expect(await steps.getByText(/^done · Executor/).count()).toBe(doneFirst);
      expect(await report(page).textContent()).toMatch(/Tesla/);
      expect(await violationsInBoth(page)).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'stops a task that is cancelled while it runs',
    async () => {
      await controlExecutor('Pause');
      const chat = await begin();
      await chat.page.getByRole('link', { name: /^Task: / }).click({ timeout: TASK_MS });
      const { page } = chat;
      await page.getByRole('button', { name: 'Cancel', exact: true }).click();
      await page.getByRole('status').getByText('cancelled', { exact: true }).waitFor({ timeout: TASK_MS });
      await controlExecutor('Resume');

      const list = await open('/tasks');
      await list.getByRole('link', { name: /cancelled/ }).waitFor();
      await list.getByRole('link', { name: /report ready/ }).click();
      await report(list).waitFor();
    },
    SLOW_MS,
  );

  it('writes no error to the console meanwhile', () => {
    expect(offences.flat()).toEqual([]);
  });

  it('gives advice where there is no such task', async () => {
    const page = await open('/tasks/01890000-0000-7000-8000-000000000000');
    await page.getByText('The task could not be read').waitFor();
    await page.getByRole('link', { name: 'All tasks' }).click();
    await page.getByRole('heading', { name: 'Orders' }).waitFor();
    expect(await violationsInBoth(page)).toEqual([]);
  });
});

/** The violations that axe finds in the light scheme, and those of colours in the dark one. */
async function violationsInBoth(page: Page): Promise<string[]> {
  const inLight = await violations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  return [...inLight, ...(await violations(page, 'colours'))];
}
