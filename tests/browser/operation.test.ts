import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { untilAgentHasState } from './agent-state.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type ChatScreen, chatScreen } from './chat-screen.ts';

const failingAgent = path.join(import.meta.dirname, 'agents', 'failing-agent.ts');

describe('the pages for operators', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({ driver: 'embedded', agents: [{ use: 'echo' }, { file: failingAgent }] }),
    ]);
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });
  const open = async (address: string): Promise<Page> => (await browser.open(system.url + address)).page;
  const openChat = async (): Promise<ChatScreen> => chatScreen(await open('/'));
  const card = (page: Page, name: string) =>
    page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });

  async function deadLetterIds(): Promise<string[]> {
    const response = await fetch(`${system.url}/api/dead-letters?state=dead`);
    const { deadLetters } = (await response.json()) as { deadLetters: { id: string }[] };
    return deadLetters.map(({ id }) => id);
  }

  it('pauses an agent, whose messages wait, and resumes it, who answers them', async () => {
    const agents = await open('/agents');
    await agents.getByText('2 of 2 online').waitFor();
    await card(agents, 'Echo').getByRole('button', { name: 'Pause' }).click();
    await card(agents, 'Echo').getByRole('button', { name: 'Resume' }).waitFor();
    await agents.getByText('1 of 2 online').waitFor();
    await untilAgentHasState(system.agents[0], 'paused');

    const chat = await openChat();
    await chat.page.getByText('1/2').waitFor();
    await chat.send('@Echo are you there?');
    await chat.shows('Echo is paused; the message waits for it');
    await card(agents, 'Echo').getByRole('button', { name: 'Resume' }).click();
    await chat.messages.getByRole('article', { name: /^Echo: / }).waitFor();
    await agents.getByText('2 of 2 online').waitFor();
  });

  it('shows an agent that joins and one that leaves, without a reload', async () => {
    const page = await open('/agents');
    await page.getByText('2 of 2 online').waitFor();
    const agent = await system.startAgent({ use: 'echo', name: 'Parrot' });
    await card(page, 'Parrot').getByText('online').waitFor();
    await agent.terminate();
    await card(page, 'Parrot').getByText('offline').waitFor();
  });

  it('leads from an agent to a message that is addressed to it', async () => {
    const page = await open('/agents');
    await card(page, 'Fragile').getByRole('link', { name: 'Write to Fragile' }).click();
    const chat = chatScreen(page);
    await chat.page.locator('textarea:focus').waitFor();
    expect(await chat.input.inputValue()).toBe('@Fragile ');
    expect(new URL(page.url()).search).toBe('');
  });

  it('shows a dead letter with reason, headers and body, replays it, and discards it for good', async () => {
    const chat = await openChat();
    await chat.page.getByText('2/3').or(chat.page.getByText('2/2')).waitFor();
    await chat.send('@Fragile show the broken plan');
    await chat.messages.getByText(/the plan has no second page/).waitFor();

    const page = await open('/system');
    const letter = page.getByRole('button', { name: /agent_failed.*the plan has no second page/ });
    await letter.click();
    await page.getByRole('region', { name: 'Body' }).getByText('show the broken plan').waitFor();
    await page.getByRole('link', { name: chat.conversationId() }).waitFor();

    const [first] = await deadLetterIds();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('The message is on its way again.').waitFor();
    // The message fails again and returns to the dead letters.
    let ids = await deadLetterIds();
    while (ids.length === 0 || ids.includes(first ?? '')) ids = await deadLetterIds();
    await page.reload();
    await letter.waitFor();
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.getByRole('button', { name: 'Discard for good' }).click();
    await page.getByText('A message that nobody could handle would lie here').waitFor();
  });

  it('shows the backends of the server and the contents of its queues', async () => {
    const page = await open('/system');
    for (const fact of ['SQLite', 'embedded', 'offline rules']) await page.getByText(fact).first().waitFor();
    await page.getByRole('row', { name: /agent_queue_echo/ }).waitFor();
    await page.getByRole('row', { name: /broker_input_queue/ }).waitFor();
  });
});
