import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, createClient } from '@parley/client';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { hostileTexts } from './agents/hostile-texts.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

/** This many texts with their questions are within the part of a conversation that a page loads. */
const AT_ONCE = 20;

describe('texts that are hard to draw', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  let client: Client;
  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [{ use: 'echo' }, { file: path.join(import.meta.dirname, 'agents/hostile-agent.ts') }],
        env: { RATE_LIMIT: 'off' },
      }),
    ]);
    client = createClient({ url: system.webSocketUrl, clientName: 'seed' });
    client.connect();
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await client?.close();
    await browser?.close();
    await system?.stop();
  });

  const openChat = async (conversationId: string) => {
    const { page, offences } = await browser.open(`${system.url}/c/${conversationId}`);
    return { ...chatScreen(page), offences };
  };
  async function begin(): Promise<string> {
    const sent = client.send({ text: '@Echo the first message' });
    await sent.answered;
    return sent.conversationId;
  }
  const names = Object.keys(hostileTexts);
  const groups = Array.from({ length: Math.ceil(names.length / AT_ONCE) }, (_, group) =>
    names.slice(group * AT_ONCE, (group + 1) * AT_ONCE),
  );

  it.each(groups.map((group) => [group[0], group] as const))(
    'shows a conversation of them, with the messages between them, and takes a message (%s …)',
    async (_, group) => {
      const conversationId = await begin();
      await Promise.all(
        group.map((name) => client.send({ text: `@Hostile ${name}`, conversationId }).answered),
      );
      const chat = await openChat(conversationId);
      await chat.messages
        .getByRole('article', { name: /^Hostile:/ })
        .last()
        .waitFor();
      await chat.send('@Echo are you still there?');
      await chat.messages.getByRole('article', { name: /^Echo: .*still there/ }).waitFor();
      // All messages are shown, as Markdown or as source.
      expect(await chat.messages.getByRole('article', { name: /^Hostile:/ }).count()).toBe(group.length);
      await chat.messages.getByText('the first message').first().waitFor();
      expect(chat.offences).toEqual([]);
    },
  );

  it('shows them while they are written, and takes a message meanwhile', async () => {
    const conversationId = await begin();
    const chat = await openChat(conversationId);
    await chat.shows('the first message');
    for (const [index, all] of groups.entries()) {
      // The test before has rendered the whole texts; this one streams some texts of each group.
      const group = all.filter((_, place) => place % 6 === 0);
      const answers = group.map(
        (name) => client.send({ text: `@Hostile write ${name}`, conversationId }).answered,
      );
      await chat.send(`@Echo number ${index} from the page`);
      await chat.messages
        .getByRole('article', { name: new RegExp(`^You: @Echo number ${index} `) })
        .waitFor();
      await Promise.all(answers);
      await chat.messages.getByRole('article', { name: new RegExp(`^Echo: .*number ${index} `) }).waitFor();
    }
    expect(chat.offences).toEqual([]);
  });

  it('never shows the source of a rendered text again while it grows', async () => {
    const conversationId = await begin();
    const chat = await openChat(conversationId);
    await chat.shows('the first message');
    await chat.page.evaluate(`{
      globalThis.points = [];
      new MutationObserver(() => {
        const growing = document.querySelector('[data-growing]');
        if (growing !== null) points.push(growing.querySelectorAll('li').length);
      }).observe(document.body, { childList: true, characterData: true, subtree: true });
    }`);
    await client.send({ text: '@Hostile list', conversationId }).answered;
    await chat.messages.getByRole('article', { name: /^Hostile:/ }).waitFor();
    const points = (await chat.page.evaluate('points')) as number[];
    expect(Math.max(...points)).toBeGreaterThan(10);
    expect(points.filter((count, index) => count < (points[index - 1] ?? 0))).toEqual([]);
  });

  it('says why a text is not rendered, and copies all of it', async () => {
    const conversationId = await begin();
    await client.send({ text: '@Hostile list in list', conversationId }).answered;
    const chat = await openChat(conversationId);
    await chat.shows('Shown as it was written: it is nested too deeply.');
    await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await chat.messages
      .getByRole('article', { name: /^Hostile:/ })
      .getByRole('button', { name: 'Copy message' })
      .click();
    await chat.messages.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await chat.page.evaluate('navigator.clipboard.readText()')).toBe(hostileTexts['list in list']);
  });

  it('shows a message as plain text when its entry cannot be drawn, and the others as ever', async () => {
    const conversationId = await begin();
    await client.send({ text: '@Echo unlucky number', conversationId }).answered;
    const { page } = await browser.open(`${system.url}/`);
    // Stands for any error of the page that only certain text causes.
    await page.addInitScript(`{
      const { slice } = String.prototype;
      String.prototype.slice = function (...range) {
        if (this.startsWith('@Echo unlucky') && range[1] === 80) throw new Error('unlucky');
        return slice.apply(this, range);
      };
    }`);
    await page.goto(`${system.url}/c/${conversationId}`);
    const { messages } = chatScreen(page);
    await messages
      .getByRole('article', { name: 'You', exact: true })
      .getByText('@Echo unlucky number')
      .waitFor();
    await messages.getByRole('article', { name: /^You: @Echo the first message/ }).waitFor();
    await messages
      .getByRole('article', { name: /^Echo: / })
      .first()
      .waitFor();
  });
});
