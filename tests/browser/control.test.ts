import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { untilAgentHasState } from './agent-state.ts';
import { violations } from './axe.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

const ALLOW_ALL = path.resolve(import.meta.dirname, '../../policies/allow-everything.json');
const SLOW_MS = 180_000;

describe('the control of agents, queues and the audit', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [{ use: 'echo' }, { use: 'shell', id: 'shell', policy: ALLOW_ALL }],
      }),
    ]);
  }, SLOW_MS);
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const open = async (address: string): Promise<Page> => (await browser.open(system.url + address)).page;
  const card = (page: Page, name: string) =>
    page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });
  const more = async (page: Page, name: string, item: string): Promise<void> => {
    await page.getByRole('button', { name: `More about ${name}` }).click();
    await card(page, name).getByRole('button', { name: item }).click();
  };

  it('deregisters an agent after a confirmation, and registers it again', async () => {
    const page = await open('/agents');
    await page.getByText('2 of 2 online').waitFor();
    await more(page, 'Echo', 'Deregister');
    const dialog = page.getByRole('dialog', { name: 'Deregister Echo?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('2 of 2 online').waitFor();
    await more(page, 'Echo', 'Deregister');
    await dialog.getByRole('button', { name: 'Deregister' }).click();
    await page.getByText('1 of 2 online').waitFor();
    await card(page, 'Echo').getByText('offline').waitFor();
    await more(page, 'Echo', 'Register again');
    await page.getByText('2 of 2 online').waitFor();
  });

  it('pauses all after a confirmation, and resumes all', async () => {
    const page = await open('/agents');
    await page.getByText('2 of 2 online').waitFor();
    await page.getByRole('button', { name: 'Pause all' }).click();
    await page
      .getByRole('dialog', { name: 'Pause all 2 agents?' })
      .getByRole('button', { name: 'Pause all' })
      .click();
    await page.getByText('0 of 2 online').waitFor();
    await page.getByRole('button', { name: 'Resume all' }).click();
    await page.getByText('2 of 2 online').waitFor();
  });

  it('asks an agent for its status, and shows the answer', async () => {
    const page = await open('/agents');
    await more(page, 'Echo', 'Ask for its status');
    await page.getByRole('heading', { name: 'Status of the agent' }).waitFor();
    await page.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();
    await page
      .getByRole('log')
      .getByText(/Echo|echo/)
      .first()
      .waitFor();
  });

  it('shuts an agent down after a confirmation: its process ends', async () => {
    const agent = await system.startAgent({ use: 'echo', id: 'parrot', name: 'Parrot' });
    const page = await open('/agents');
    await card(page, 'Parrot').getByText('online').waitFor();
    await more(page, 'Parrot', 'Shut down');
    await page
      .getByRole('dialog', { name: 'Shut down Parrot?' })
      .getByRole('button', { name: 'Shut down' })
      .click();
    expect(await agent.exited).toBe(0);
    await card(page, 'Parrot').getByText('offline').waitFor();
  });

  it('resets the queues after it said how many messages go, and their sender reads why', async () => {
    const agents = await open('/agents');
    await card(agents, 'Echo').getByRole('button', { name: 'Pause', exact: true }).click();
    await card(agents, 'Echo').getByRole('button', { name: 'Resume' }).waitFor();
    await untilAgentHasState(system.agents[0], 'paused');
    const chat = chatScreen(await open('/'));
    await chat.send('@Echo will this be lost?');
    await chat.shows('Echo is paused; the message waits for it');

    const page = await open('/system');
    await page.getByRole('row', { name: /agent_queue_echo 1/ }).waitFor();
    await page.getByRole('button', { name: 'Reset the queues' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reset the queues?' });
    await dialog.getByText('1 message waits').waitFor();
    await dialog.getByRole('button', { name: 'Remove 1 message' }).click();
    await page.getByText('1 message removed, 1 request failed by it.').waitFor();
    await page.getByRole('row', { name: /agent_queue_echo 0/ }).waitFor();
    await chat.messages.getByText(/An operator emptied the queues/).waitFor();
    await card(agents, 'Echo').getByRole('button', { name: 'Resume' }).click();
    await agents.getByText('2 of 3 online').or(agents.getByText('2 of 2 online')).waitFor();
  });

  it('shows actor, action and outcome, verifies the chain by itself, and exports it', async () => {
    const commands = await open('/commands');
    // The page chooses a single agent automatically.
    await commands.getByRole('checkbox').check();
    await commands.getByRole('textbox', { name: 'Command', exact: true }).fill('echo for the audit');
    await commands.keyboard.press('Enter');
    await commands.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();

    const page = await open('/system');
    const audit = page.getByRole('region', { name: 'Audit', exact: true });
    await audit
      .getByRole('row', { name: /You asked for a command ?echo for the audit.*127\.0\.0\.1/ })
      .waitFor();
    await audit
      .getByRole('row', { name: /ended a command.*succeeded/ })
      .first()
      .waitFor();
    await audit.getByRole('button', { name: 'Verify the chain' }).click();
    await audit.getByText(/Verified: \d+ entries, unbroken/).waitFor();

    await audit.getByRole('combobox', { name: 'Only this action' }).selectOption('command.run');
    await audit
      .getByRole('row', { name: /ended a command/ })
      .first()
      .waitFor({ state: 'detached' });
    const downloading = page.waitForEvent('download');
    await audit.getByRole('button', { name: 'Export' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('parley-audit.jsonl');
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(
      lines.map((_, index) => index + 1),
    );
    await audit.getByRole('link', { name: 'command' }).first().click();
    await page.getByRole('heading', { name: 'echo for the audit' }).waitFor();
  });

  it.each([
    ['light', 1400],
    ['dark', 1400],
    ['light', 400],
  ] as const)(
    'is accessible in %s, %i wide, with the dialogs too',
    async (colorScheme, width) => {
      const { page, offences } = await browser.open(`${system.url}/agents`, {
        colorScheme,
        viewport: { width, height: 850 },
      });
      const check = async (name: string): Promise<void> => {
        if (process.env.SCREENSHOTS !== undefined)
          await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}-${colorScheme}.png` });
        const rules = colorScheme === 'dark' ? 'colours' : width === 400 ? 'sizes' : 'all';
        expect(await violations(page, rules)).toEqual([]);
      };
      await page.getByRole('button', { name: 'More about Echo' }).click();
      await page.getByRole('button', { name: 'Deregister …' }).waitFor();
      await check('agent-more');
      await page.getByRole('button', { name: 'Shut down' }).click();
      await page.getByRole('dialog', { name: 'Shut down Echo?' }).waitFor();
      await check('agent-shutdown');
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'System' }).click();
      const audit = page.getByRole('region', { name: 'Audit', exact: true });
      await audit.getByRole('button', { name: 'Verify the chain' }).click();
      await audit.getByText(/unbroken/).waitFor();
      await audit.scrollIntoViewIfNeeded();
      await check('audit');
      await page.getByRole('button', { name: 'Reset the queues' }).click();
      await page.getByRole('dialog', { name: 'Reset the queues?' }).waitFor();
      await check('reset-queues');
      expect(
        await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'),
      ).toBeLessThanOrEqual(0);
      expect(offences).toEqual([]);
    },
    2 * SLOW_MS,
  );
});
