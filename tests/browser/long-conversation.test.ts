import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '@parley/client';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type ChatScreen, chatScreen } from './chat-screen.ts';

/** With the replies twice this many messages: more than the page renders at once. */
const QUESTIONS = 200;
/** The maximum number of rendered messages: 300, and some that are being replaced. */
const MOST_IN_PAGE = 310;

describe('a long conversation', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  let conversationId: string;

  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({ driver: 'embedded', env: { RATE_LIMIT: 'off' } }),
    ]);
    const client = createClient({ url: system.webSocketUrl, clientName: 'seed' });
    client.connect();
    for (let question = 1; question <= QUESTIONS; question++) {
      const text = `question ${question}`;
      const sent = client.send(question === 1 ? { text } : { text, conversationId });
      conversationId = sent.conversationId;
      // One after the other, so that each reply follows its question.
      await sent.answered;
    }
    await client.close();
  }, 120_000);
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  async function open(): Promise<ChatScreen> {
    const chat = chatScreen((await browser.open(`${system.url}/c/${conversationId}`)).page);
    await chat.messages.getByText(`question ${QUESTIONS}`, { exact: true }).first().waitFor();
    return chat;
  }
  const articles = (chat: ChatScreen) => chat.messages.getByRole('article');
  /** In one step: the list may be rendered again between two. */
  const top = (chat: ChatScreen, text: string): Promise<number> =>
    chat.messages
      .getByText(text, { exact: true })
      .evaluateAll(([first]) => Math.round(first?.getBoundingClientRect().y ?? Number.NaN));
  /** The first visible message and its position. Messages below it may still be rendered and grow. */
  const place = (chat: ChatScreen): Promise<unknown> =>
    chat.messages.evaluate((region) => {
      const { top } = region.getBoundingClientRect();
      const seen = [...region.querySelectorAll('article')].find(
        (article) => article.getBoundingClientRect().bottom > top,
      );
      return [seen?.getAttribute('aria-label'), Math.round((seen?.getBoundingClientRect().top ?? 0) - top)];
    });
  /** Presses Home until the message is rendered: each time older messages are loaded and added above. */
  async function goUpTo(chat: ChatScreen, text: string): Promise<void> {
    const wanted = chat.messages.getByText(text, { exact: true }).first();
    await chat.messages.focus();
    while (!(await wanted.isVisible())) {
      await chat.page.keyboard.press('Home');
      await chat.page.evaluate('new Promise((done) => requestAnimationFrame(done))');
      expect(await articles(chat).count()).toBeLessThanOrEqual(MOST_IN_PAGE);
    }
  }

  it('opens at its end with a part of its messages', async () => {
    const chat = await open();
    expect(await articles(chat).count()).toBeLessThan(100);
    expect(await chat.page.getByRole('button', { name: 'Latest' }).count()).toBe(0);
  });

  it("shows the user's messages as such before the server's welcome", async () => {
    const { page } = await browser.open(`${system.url}/`);
    await page.routeWebSocket(/\/ws$/, () => {});
    await page.goto(`${system.url}/c/${conversationId}`);
    const { messages } = chatScreen(page);
    await messages.getByText(`question ${QUESTIONS}`, { exact: true }).first().waitFor();
    // Only the person's own messages can be edited and sent again.
    await messages.getByRole('button', { name: 'Edit and send again' }).last().waitFor({ state: 'attached' });
  });

  it('loads older messages up to the first, without the page growing beyond bounds, and goes back to the end', async () => {
    const chat = await open();
    await goUpTo(chat, 'question 1');
    await chat.page.getByRole('button', { name: 'Latest' }).click();
    await chat.messages.getByText(`question ${QUESTIONS}`, { exact: true }).first().waitFor();
    await chat.page.getByRole('button', { name: 'Latest' }).waitFor({ state: 'detached' });
  }, 180_000);

  it('keeps the visible messages in view while older ones are added above', async () => {
    const chat = await open();
    // The number of messages rendered by now.
    const oldest = chat.messages.getByText(/^question \d+$/).first();
    const before = Number((await oldest.textContent())?.slice('question '.length));
    const text = `question ${before + 3}`;
    await chat.messages.getByText(text, { exact: true }).first().scrollIntoViewIfNeeded();
    await chat.messages
      .getByText(`question ${before - 2}`, { exact: true })
      .first()
      .waitFor({ state: 'attached' });
    expect(await top(chat, text)).toBeGreaterThan(0);
    expect(await top(chat, text)).toBeLessThan(900);
  });

  it('leaves the visible messages in place when new ones come, and shows their number', async () => {
    const chat = await open();
    const other = await open();
    await goUpTo(chat, `question ${QUESTIONS - 60}`);
    await chat.page.getByRole('button', { name: 'Latest' }).waitFor();
    const before = await place(chat);
    await other.send('something new');
    await chat.page.getByRole('button', { name: '2 new' }).waitFor();
    expect(await place(chat)).toEqual(before);
  }, 180_000);

  it('returns to the last position after a look at another conversation', async () => {
    const chat = await open();
    await goUpTo(chat, `question ${QUESTIONS - 40}`);
    await chat.page.getByRole('button', { name: 'Latest' }).waitFor();
    const before = await place(chat);
    await chat.page.getByRole('link', { name: 'New', exact: true }).click();
    await chat.page.getByRole('list', { name: 'Suggestions' }).waitFor();
    await chat.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('link', { name: /question 1/ })
      .first()
      .click();
    await chat.messages
      .getByText(`question ${QUESTIONS - 40}`, { exact: true })
      .first()
      .waitFor();
    await chat.page.getByRole('button', { name: 'Latest' }).waitFor();
    expect(await place(chat)).toEqual(before);
  }, 180_000);
});
