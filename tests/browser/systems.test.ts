import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { QUEUE_DRIVERS } from '../harness/parley-system.ts';
import { type Standalone, startStandalone } from '../harness/standalone.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type ChatScreen, chatScreen } from './chat-screen.ts';

const AGENTS = ['echo', 'assistant', 'hr', 'finance', 'helios', 'ceres', 'general'];
const SLOW_MS = 180_000;

describe.each(QUEUE_DRIVERS)('what a person types, over the %s queue', (driver) => {
  let parley: Standalone;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, parley] = await Promise.all([
      startBrowser(),
      // Without a language model's key the offline rules answer.
      startStandalone({ driver, agents: AGENTS }),
    ]);
  }, SLOW_MS);
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await parley?.stop();
  });

  async function open(address = '/'): Promise<ChatScreen> {
    return chatScreen((await browser.open(parley.url + address)).page);
  }
  /** Sends the text and waits until this agent has given this many answers in all. Resolves with the last one's text. */
  async function ask(chat: ChatScreen, text: string, agentName: string, answers = 1): Promise<string> {
    await chat.send(text);
    const replies = chat.messages.getByRole('article', { name: new RegExp(`^${agentName}: `) });
    await replies.nth(answers - 1).waitFor();
    await chat.messages
      .getByRole('button', { name: new RegExp(`^Answered by ${agentName}`) })
      .last()
      .waitFor();
    return (await replies.nth(answers - 1).textContent()) ?? '';
  }
  const banner = (chat: ChatScreen) => chat.page.getByText(/^Talking with /);

  it('system 1: reaches the named agent, and the sidebar shows the online agents', async () => {
    const chat = await open();
    await chat.page
      .getByText(/^(\d+)\/\1\b/)
      .first()
      .waitFor();
    expect(await ask(chat, '@Echo hello there', 'Echo')).toContain('hello there');
    await chat.page.getByText('offline rules').first().waitFor();
  });

  it.each([
    ['I want to start working out', 'Helios'],
    ['What should I eat for breakfast?', 'Ceres'],
    ['Hello! What can you help with?', 'General'],
  ])(
    'system 3: “%s” goes to %s, and one can see why',
    async (text, agentName) => {
      const chat = await open();
      await ask(chat, text, agentName);
      await chat.messages.getByRole('button', { name: new RegExp(`routed to ${agentName}`) }).click();
      await chat.messages.getByRole('meter', { name: `Confidence of ${agentName}` }).waitFor();
      expect(await banner(chat).count()).toBe(0);
    },
    SLOW_MS,
  );

  it.each([
    ['How much money is left in my budget?', 'Finance'],
    ['I have a question about an employee', 'HR'],
    ['I need human resources', 'HR'],
  ])(
    'system 4: “%s” goes to %s, which holds the conversation until END',
    async (text, agentName) => {
      const chat = await open();
      await ask(chat, text, agentName);
      await banner(chat).getByText(agentName).waitFor();
      await ask(chat, 'What should I eat for breakfast?', agentName, 2);
      await ask(chat, 'END', agentName, 3);
      await banner(chat).waitFor({ state: 'detached' });
      await ask(chat, 'What should I eat for breakfast?', 'Ceres');
    },
    SLOW_MS,
  );

  it(
    'systems 3 and 4: memory and sessions outlive a restart of every process',
    async () => {
      const [fitness, money] = [await open(), await open()];
      await ask(fitness, 'my goal is 10k steps', 'Helios');
      await ask(money, 'My budget is 1,500 €', 'Finance');
      await ask(money, 'I spent 300 € on a laptop bag', 'Finance', 2);

      await parley.restart();

      const other = await open();
      expect(await ask(other, '@Helios what is my goal?', 'Helios')).toContain('10k steps');
      await banner(money).getByText('Finance').waitFor();
      expect(await ask(money, 'What is left?', 'Finance', 3)).toMatch(/1[,.]?200/);
    },
    SLOW_MS,
  );
});
