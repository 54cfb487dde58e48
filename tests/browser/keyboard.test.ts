import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

describe('the keyboard', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([startBrowser(), startSystem({ driver: 'embedded' })]);
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });
  const open = async (address = '/'): Promise<Page> => (await browser.open(system.url + address)).page;
  const focused = (page: Page, name: string) => page.locator(`[aria-label="${name}"]:focus`);
  /** Moves the focus out of the message box, where characters are text. */
  const leaveInput = async (page: Page): Promise<void> => {
    // The message box gets the focus some time after it is rendered.
    await focused(page, 'Message').waitFor();
    await chatScreen(page).input.blur();
  };

  it('starts in the message box; Shift+Enter begins a line, Enter sends', async () => {
    const chat = chatScreen(await open());
    await focused(chat.page, 'Message').waitFor();
    await chat.page.keyboard.type('one');
    await chat.page.keyboard.press('Shift+Enter');
    await chat.page.keyboard.type('two');
    expect(await chat.input.inputValue()).toBe('one\ntwo');
    await chat.page.keyboard.press('Enter');
    await chat.messages.getByRole('article', { name: /^Echo: one/ }).waitFor();
  });

  it('N begins a new conversation, from a conversation and from another page', async () => {
    const chat = chatScreen(await open());
    await chat.send('to have one');
    await chat.messages.getByRole('button', { name: /^Answered/ }).waitFor();
    await leaveInput(chat.page);
    await chat.page.keyboard.press('n');
    await chat.page.getByRole('list', { name: 'Suggestions' }).waitFor();
    await chat.page.getByRole('link', { name: 'Agents' }).click();
    await chat.page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
    await chat.page.keyboard.press('n');
    await chat.page.getByRole('list', { name: 'Suggestions' }).waitFor();
  });

  it('/ searches, from any page, and Escape clears the search', async () => {
    const page = await open('/system');
    await page.getByRole('heading', { name: 'System', level: 1 }).waitFor();
    await page.keyboard.press('/');
    await focused(page, 'Search conversations').waitFor();
    await page.keyboard.type('no such words');
    await page.getByText('Nothing found').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Nothing found').waitFor({ state: 'detached' });
  });

  it('arrows move through the conversations', async () => {
    const chat = chatScreen(await open());
    for (const text of ['apple', 'pear']) {
      await chat.send(`@Echo ${text}`);
      await chat.messages.getByRole('button', { name: /^Answered/ }).waitFor();
      await chat.page.getByRole('link', { name: 'New', exact: true }).click();
    }
    await chat.page.getByRole('link', { name: /@Echo pear/ }).focus();
    await chat.page.keyboard.press('ArrowDown');
    await chat.page.locator('a:focus', { hasText: '@Echo apple' }).waitFor();
    await chat.page.keyboard.press('Home');
    await chat.page.locator('a:focus', { hasText: '@Echo pear' }).waitFor();
    await chat.page.keyboard.press('Enter');
    await chat.messages.getByRole('article', { name: /pear/ }).first().waitFor();
  });

  it('Ctrl+K finds agents, conversations and pages by name, also while writing', async () => {
    const page = await open();
    await chatScreen(page).input.focus();
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog');
    // The text field of the palette gets the focus some time after the palette is rendered.
    const find = palette.locator('input:focus');
    await palette.getByText('Write to').or(palette.getByText('New conversation')).first().waitFor();
    await find.waitFor();
    await page.keyboard.type('syst');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'System', level: 1 }).waitFor();
    await palette.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await palette.getByText('New conversation').waitFor();
    await find.waitFor();
    await page.keyboard.type('echo');
    await palette.getByText('Repeats what you write').waitFor();
    await page.keyboard.press('Enter');
    await focused(page, 'Message').waitFor();
    expect(await chatScreen(page).input.inputValue()).toBe('@Echo ');
  });

  it('? shows the shortcuts, and those of one character can be switched off', async () => {
    const page = await open();
    await leaveInput(page);
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.getByText('Begin a new conversation').waitFor();
    await sheet.getByRole('switch').click({ force: true });
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'System' }).click();
    await page.getByRole('heading', { name: 'System', level: 1 }).waitFor();
    await page.keyboard.press('n');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    expect(page.url()).toContain('/system');
  });

  it('keeps characters as text where something is written', async () => {
    const chat = chatScreen(await open());
    await chat.input.focus();
    await chat.page.keyboard.type('n/?');
    expect(await chat.input.inputValue()).toBe('n/?');
  });
});
