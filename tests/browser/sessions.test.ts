import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { violations } from './axe.ts';
import { type Look, startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

const deskFile = (name: string): string =>
  path.join(import.meta.dirname, `../e2e/agents/${name}-desk-agent.ts`);
const SIZES = { wide: { width: 1400, height: 900 }, narrow: { width: 400, height: 780 } };
const banner = (page: Page) => page.getByText(/^Talking with /);
const leave = (page: Page, name: string) => page.getByRole('button', { name: `Leave ${name}` });

describe('the chat page in a session', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [{ file: deskFile('finance') }, { file: deskFile('hr') }],
      }),
    ]);
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });
  const openChat = async (address = '/', look: Look = {}) => {
    const { page, offences } = await browser.open(system.url + address, look);
    return { ...chatScreen(page), offences };
  };
  type Chat = Awaited<ReturnType<typeof openChat>>;
  const begin = async (chat: Chat): Promise<void> => {
    await chat.send('What is left of my budget?');
    await leave(chat.page, 'Finance').waitFor();
  };

  it('names the agent that holds the conversation, and Leave ends it with a confirmation', async () => {
    const chat = await openChat();
    await begin(chat);
    await banner(chat.page).getByText('Finance').waitFor();
    await chat.send('And the employee?');
    await chat.message('Finance in').filter({ hasText: 'And the employee?' }).waitFor();
    await chat.messages
      .getByRole('button', { name: /routed to Finance/ })
      .last()
      .click();
    await chat.messages.getByText(/The conversation is with this agent/).waitFor();

    await leave(chat.page, 'Finance').click();

    await chat.message('Finance says good-bye').waitFor();
    await banner(chat.page).waitFor({ state: 'detached' });
    await chat.message('END').first().waitFor();
    await chat.send('And the employee?');
    await leave(chat.page, 'HR').waitFor();
    expect(chat.offences).toEqual([]);
  });

  it('shows it again after a reload and in another tab, and not in another conversation', async () => {
    const chat = await openChat();
    await begin(chat);
    const address = `/c/${chat.conversationId()}`;
    await chat.page.reload();
    await leave(chat.page, 'Finance').waitFor();
    const other = await openChat(address);
    await leave(other.page, 'Finance').waitFor();
    await other.page
      .getByRole('link', { name: 'New conversation' })
      .or(other.page.getByRole('button', { name: /New/ }))
      .first()
      .click();
    await banner(other.page).waitFor({ state: 'detached' });
    await leave(chat.page, 'Finance').click();
    await chat.message('Finance says good-bye').waitFor();
    await other.page.goto(system.url + address);
    await other.message('Finance says good-bye').waitFor();
    expect(await banner(other.page).count()).toBe(0);
  });

  it('moves with an agent that is named, and names the one that the text goes to', async () => {
    const chat = await openChat();
    await begin(chat);
    await chat.page.getByText(/^to Finance/).waitFor();
    await chat.input.fill('@HR hello');
    await chat.page.getByText(/^to HR/).waitFor();
    await chat.input.press('Enter');
    await leave(chat.page, 'HR').waitFor();
    expect(await leave(chat.page, 'Finance').count()).toBe(0);
  });

  it('keeps Leave for later while there is no connection', async () => {
    const chat = await openChat();
    await begin(chat);
    await chat.page.context().setOffline(true);
    // An open connection stays open offline for a while, so the server is stopped too.
    system.server.signal('SIGSTOP');
    await leave(chat.page, 'Finance').click();
    await chat.page.getByText('Leaving …').waitFor();
    expect(await leave(chat.page, 'Finance').isDisabled()).toBe(true);
    system.server.signal('SIGCONT');
    await chat.page.context().setOffline(false);
    await banner(chat.page).waitFor({ state: 'detached' });
  });

  it('gives the conversation as Markdown, to copy and as a file', async () => {
    const chat = await openChat();
    await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await begin(chat);
    await chat.message('Finance in').waitFor();
    const pick = async (item: string): Promise<void> => {
      await chat.page.getByRole('button', { name: 'More about this conversation' }).click();
      await chat.page.getByRole('button', { name: item }).click();
    };
    await pick('Copy as Markdown');
    await chat.page.getByText('Copied', { exact: true }).waitFor();
    const copied = String(await chat.page.evaluate('navigator.clipboard.readText()'));
    expect(copied).toMatch(
      /^## What is left of my budget\?\n\nBegun .* UTC\n\n\*\*You\*\* · .* UTC\n\n> What is left of my budget\?\n\n\*\*Finance\*\* · .* UTC\n\n> Finance in \d+ /,
    );

    const downloading = chat.page.waitForEvent('download');
    await pick('Download as Markdown');
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^\d{4}-\d\d-\d\d-What-is-left-of-my-budget\.md$/);
    expect(await readFile(await download.path(), 'utf8')).toBe(copied);
    expect(chat.offences).toEqual([]);
  });

  describe.each(['wide', 'narrow'] as const)('%s', (size) => {
    it('passes WCAG 2.2 AA in light and dark and does not scroll sideways', async () => {
      const chat = await openChat('/', { viewport: SIZES[size] });
      await begin(chat);
      await chat.page.getByRole('button', { name: 'More about this conversation' }).click();
      await chat.page.getByRole('button', { name: 'Copy as Markdown' }).waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await chat.page.emulateMedia({ colorScheme });
        await chat.page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
        expect(await violations(chat.page, colorScheme === 'dark' ? 'colours' : 'all')).toEqual([]);
      }
      const sideways = await chat.page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      expect(sideways).toBeLessThanOrEqual(0);
    }, 180_000);
  });
});

describe('the chat page in a session that nobody writes in', () => {
  it('takes the banner away when its time is over', async () => {
    const [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        env: { SESSION_TTL_MS: '10000' },
        agents: [{ file: deskFile('finance') }, { file: deskFile('hr') }],
      }),
    ]);
    try {
      const { page } = await browser.open(system.url);
      const chat = chatScreen(page);
      await chat.send('What is left of my budget?');
      await leave(page, 'Finance').waitFor();
      await banner(page).waitFor({ state: 'detached' });
      await chat.send('an employee');
      await leave(page, 'HR').waitFor();
    } finally {
      await browser.close();
      await system.stop();
    }
  });
});
