import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

const agentFile = (name: string): string => path.join(import.meta.dirname, 'agents', `${name}-agent.ts`);

describe('the chat page', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [
          { use: 'echo' },
          { file: agentFile('failing') },
          { file: agentFile('endless') },
          { file: agentFile('writer') },
        ],
      }),
    ]);
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });
  /** Excludes the icon “Stopped” of a message whose agent did not stop in time. */
  const stop = (page: Page) => page.getByRole('button', { name: 'Stop', exact: true });
  const openChat = async (address = '/') => {
    const { page, offences } = await browser.open(system.url + address);
    return { ...chatScreen(page), offences };
  };

  it('greets a newcomer with three suggestions, and a click on one is answered', async () => {
    const chat = await openChat();
    const suggestions = chat.page.getByRole('list', { name: 'Suggestions' }).getByRole('button');
    await suggestions.nth(2).waitFor();
    expect(await suggestions.count()).toBe(3);
    await chat.page.getByText('4/4').waitFor();
    await suggestions.filter({ hasText: 'Echo this' }).click();
    await chat.messages.getByRole('article', { name: 'Echo: Echo this' }).waitFor();
    expect(chat.page.url()).toContain('/c/');
    expect(chat.offences).toEqual([]);
  });

  it('shows the answering agent, the reason, and the path of the message with the time at every hop', async () => {
    const chat = await openChat();
    await chat.send('repeat this please');
    await chat.messages.getByRole('button', { name: /^Answered by Echo/ }).waitFor();
    const routing = chat.messages.getByRole('button', { name: /routed to Echo/ });
    expect(await routing.textContent()).toMatch(/routed to Echo\s*[01]\.\d\d/);
    await routing.click();
    await chat.messages.getByText(/By the words of the message/).waitFor();
    const way = chat.page.getByRole('complementary', { name: 'Message path' });
    for (const leg of ['you → server', 'server → broker', 'server → Echo', 'Echo answers', 'total']) {
      await way.getByText(leg).waitFor();
    }
    expect(await way.getByText(/^[<\d].* m?s$/).count()).toBeGreaterThan(4);
  });

  it('has the same conversation after a reload, and in the list of another window', async () => {
    const chat = await openChat();
    await chat.send('@Echo remember the reload');
    await chat.messages.getByRole('button', { name: /^Answered/ }).waitFor();
    await chat.page.reload();
    await chat.messages.getByRole('article', { name: /^Echo: / }).waitFor();
    expect(await chat.messages.getByRole('article').count()).toBe(2);
    const other = await openChat();
    await other.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByText('remember the reload')
      .first()
      .click();
    await other.messages.getByRole('article', { name: /^Echo: / }).waitFor();
  });

  it("shows another window's messages at once", async () => {
    const one = await openChat();
    await one.send('@Echo first');
    await one.messages.getByRole('button', { name: /^Answered/ }).waitFor();
    const other = await openChat(`/c/${one.conversationId()}`);
    await other.messages.getByRole('article', { name: /^Echo/ }).waitFor();
    await one.send('@Echo second');
    await other.messages.getByRole('article', { name: /^You: @Echo second/ }).waitFor();
    await other.messages.getByRole('article', { name: /^Echo: .*second/ }).waitFor();
  });

  it('shows a new title at once, in a window that follows the conversation', async () => {
    const chat = await openChat();
    await chat.send('@Echo something to be renamed');
    await chat.messages.getByRole('button', { name: /^Answered/ }).waitFor();
    const [, id = ''] = chat.page.url().split('/c/');
    await createHttpApi({ url: system.url }).renameConversation(id, { title: 'A better title' });
    await chat.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('link', { name: /A better title/ })
      .waitFor();
  });

  it('lets one name the agent with @, by keyboard alone', async () => {
    const chat = await openChat();
    await chat.page.getByText('4/4').waitFor();
    await chat.input.pressSequentially('@wri');
    await chat.page.getByRole('option', { name: /Writer/ }).waitFor();
    await chat.input.press('Enter');
    expect(await chat.input.inputValue()).toBe('@Writer ');
    await chat.input.pressSequentially('echo something');
    expect(await chat.input.inputValue()).toBe('@Writer echo something');
    await chat.input.press('Enter');
    await chat.messages
      .getByRole('button', { name: /routed to Writer 1\.00 You asked for Writer/ })
      .waitFor();
    await chat.messages.getByRole('article', { name: /^Writer/ }).waitFor();
  });

  it('leaves the Enter that ends a composition to the input method, in Safari’s order too', async () => {
    const chat = await openChat();
    await chat.page.getByText('4/4').waitFor();
    // Safari's order of events: the composition ends, then its Enter arrives with the key code 229.
    const endComposition = `(() => {
      const field = document.activeElement;
      field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: 'かな' }));
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }));
    })()`;
    await chat.input.fill('@Echo かな');
    await chat.page.evaluate(endComposition);
    expect(await chat.input.inputValue()).toBe('@Echo かな');
    await chat.input.fill('');
    await chat.input.pressSequentially('@wri');
    await chat.page.getByRole('option', { name: /Writer/ }).waitFor();
    await chat.page.evaluate(endComposition);
    expect(await chat.input.inputValue()).toBe('@wri');
    await chat.page.keyboard.press('Control+k');
    const search = chat.page.getByRole('textbox', { name: /^Find a conversation/ });
    await search.fill('System');
    await chat.page.evaluate(endComposition);
    expect(new URL(chat.page.url()).pathname).toBe('/');
    await search.press('Enter');
    await chat.page.waitForURL(/\/system$/);
  });

  it('keeps a text that is too long, says so, and sends it when it is short enough', async () => {
    const chat = await openChat();
    await chat.input.fill('@Echo first');
    await chat.input.press('Enter');
    await chat.messages.getByRole('article', { name: /^Echo: / }).waitFor();
    const long = 'word '.repeat(15_000).trim();
    await chat.input.fill(long);
    await chat.shows('74,999 characters, and a message takes 60,000: take 14,999 out, or send it in parts.');
    await chat.input.press('Enter');
    await chat.page.getByRole('button', { name: 'Send', disabled: true }).waitFor();
    expect((await chat.input.inputValue()).length).toBe(long.length);
    await chat.input.fill(`@Echo ${long.slice(0, 59_994)}`);
    await chat.shows('60,000 of 60,000 characters');
    await chat.input.press('Enter');
    await chat.messages.getByRole('article', { name: /^You: @Echo word/ }).waitFor();
    expect(await chat.input.inputValue()).toBe('');
  });

  it('keeps a message that the client refuses to send, and says why', async () => {
    const chat = await openChat();
    // Each character takes six characters in a frame.
    await chat.send('\u0001'.repeat(50_000));
    await chat.shows('Not sent: text: too large for one frame');
    await chat.messages.getByRole('button', { name: 'Discard' }).click();
  });

  it('says when no agent has the name that was written', async () => {
    const chat = await openChat();
    await chat.page.getByText('4/4').waitFor();
    await chat.input.fill('@Nobody are you there?');
    await chat.page.getByText('No agent is called “Nobody”').waitFor();
  });

  it('draws Markdown, colours code, and neither runs HTML nor fetches pictures', async () => {
    const chat = await openChat();
    await chat.send('@Writer what is left?');
    await chat.messages.getByRole('heading', { name: 'Budget' }).waitFor();
    expect(await chat.messages.getByRole('cell', { name: '1,120 €' }).count()).toBe(1);
    await chat.messages.locator('.hljs-keyword').first().waitFor();
    expect(await chat.messages.locator('img').count()).toBe(0);
    await chat.messages.getByRole('link', { name: 'picture: a picture' }).waitFor();
    expect(chat.offences).toEqual([]);
  });

  it('copies the code that a reply holds', async () => {
    const chat = await openChat();
    await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await chat.send('@Writer code please');
    // The outcome is shown only for a moment.
    await Promise.all([
      chat.messages.getByRole('button', { name: 'Copied' }).waitFor(),
      chat.messages.getByRole('button', { name: 'Copy code' }).click(),
    ]);
    expect(await chat.page.evaluate('navigator.clipboard.readText()')).toBe(
      'SELECT item FROM budget; -- what is left',
    );
  });

  it('says why a message failed, and sends it again on request', async () => {
    const chat = await openChat();
    await chat.send('@Fragile show the broken plan');
    await chat.messages.getByText(/the plan has no second page/).waitFor();
    await chat.messages
      .getByRole('button', { name: /^Failed:|^Put with the dead letters:/ })
      .first()
      .waitFor();
    await chat.messages.getByRole('button', { name: 'Try again' }).click();
    await chat.messages
      .getByText(/the plan has no second page/)
      .nth(1)
      .waitFor();
    expect(await chat.message('show the broken plan').count()).toBe(2);
  });

  it('sends an edited message as a new one', async () => {
    const chat = await openChat();
    await chat.send('@Fragile the broken one');
    await chat.messages.getByText(/the plan has no second page/).waitFor();
    await chat.messages.getByRole('button', { name: 'Edit and send again' }).click();
    expect(await chat.input.inputValue()).toBe('@Fragile the broken one');
    await chat.send('@Fragile the whole one');
    await chat.messages.getByText('Nothing broke.').waitFor();
  });

  it('shows a reply as it is written, and Escape stops it', async () => {
    const chat = await openChat();
    await chat.send('@Endless count');
    await chat.shows(/(\d+ ){5}/);
    await stop(chat.page).waitFor();
    await chat.input.press('Escape');
    await stop(chat.page).waitFor({ state: 'detached' });
    const length = async () => (await chat.messages.textContent())?.length;
    const before = await length();
    await chat.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
    );
    expect(await length()).toBe(before);
  });

  it('marks messages that came while another conversation was open', async () => {
    const chat = await openChat();
    await chat.send('@Endless count for me');
    await chat.shows(/(\d+ ){3}/);
    const counting = chat.conversationId();
    await chat.page.getByRole('link', { name: 'New', exact: true }).click();
    const elsewhere = await openChat(`/c/${counting}`);
    // A person who opens the conversation while the reply is written sees it from its beginning.
    const beginning = elsewhere.messages.getByText(/^1 2 3 (\d+ )+/);
    await beginning.waitFor();
    await elsewhere.page.reload();
    await beginning.waitFor();
    expect(await elsewhere.messages.getByText('…').allInnerTexts()).toEqual([]);
    await stop(elsewhere.page).click();
    await stop(elsewhere.page).waitFor({ state: 'detached' });
    await chat.page.getByRole('link', { name: /count for me.*unread/ }).waitFor();
    expect(await chat.page.title()).toMatch(/^\(\d+\)/);
    await chat.page.getByRole('link', { name: /count for me.*unread/ }).click();
    await chat.page.getByRole('link', { name: /count for me.*unread/ }).waitFor({ state: 'detached' });
  });

  it('says that there is no such conversation, and offers a new one', async () => {
    const chat = await openChat('/c/01890000-0000-7000-8000-000000000000');
    await chat.page.getByText('There is no such conversation.').waitFor();
    await chat.page.getByRole('button', { name: 'Try again' }).waitFor();
    await chat.page.getByRole('link', { name: 'Begin a new conversation' }).click();
    await chat.page.getByRole('list', { name: 'Suggestions' }).waitFor();
  });
});
