import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type ChatScreen, chatScreen } from './chat-screen.ts';

describe('without a connection', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeEach(async () => {
    [browser, system] = await Promise.all([startBrowser(), startSystem({ driver: 'embedded' })]);
  });
  afterEach(async () => {
    await browser?.close();
    await system?.stop();
  });
  const openChat = async (): Promise<ChatScreen> => chatScreen((await browser.open(system.url)).page);

  /** Texts of the messages that the server holds, in their order. */
  async function storedTexts(conversationId: string): Promise<string[]> {
    const response = await fetch(`${system.url}/api/conversations/${conversationId}/messages`);
    const { messages } = (await response.json()) as { messages: { kind: string; text: string }[] };
    return messages.filter(({ kind }) => kind === 'TEXT').map(({ text }) => text);
  }

  it('keeps what is written, says so, and sends it once and in order when the server is back', async () => {
    const chat = await openChat();
    await chat.send('before');
    await chat.messages.getByRole('button', { name: /^Answered/ }).waitFor();
    await system.server.kill();
    await chat.shows(/kept in this browser and sent once you are connected/);
    await chat.send('one');
    await chat.send('two');
    await chat.shows(/2 messages are kept in this browser and will be sent once, in order/);
    expect(await chat.messages.getByRole('img', { name: 'Kept here, sent when connected' }).count()).toBe(2);

    await system.startServer();
    await chat.page.getByRole('button', { name: 'Try now' }).click();
    await chat.messages
      .getByRole('button', { name: /^Answered/ })
      .nth(2)
      .waitFor();
    await chat.page.getByRole('button', { name: 'Try now' }).waitFor({ state: 'detached' });
    expect(await storedTexts(chat.conversationId())).toEqual(['before', 'one', 'two']);
    expect(await chat.messages.getByRole('article', { name: /^You: / }).count()).toBe(3);
  });

  it('begins a conversation that outlives closing the page, and sends it on the next visit', async () => {
    const chat = await openChat();
    await chat.page.getByText('1/1').waitFor();
    await system.server.kill();
    await chat.shows(/Keep writing/);
    await chat.send('written in a tunnel');
    await chat.messages.getByRole('img', { name: 'Kept here, sent when connected' }).waitFor();
    const { url } = { url: chat.page.url() };
    await system.startServer();
    await chat.page.goto('about:blank');
    await chat.page.goto(url);
    await chat.messages.getByRole('button', { name: /^Answered/ }).waitFor();
    expect(await storedTexts(chat.conversationId())).toEqual(['written in a tunnel']);
  });

  it('takes back a message that was not sent yet', async () => {
    const chat = await openChat();
    await chat.send('before');
    await chat.messages.getByRole('button', { name: /^Answered/ }).waitFor();
    await system.server.kill();
    await chat.shows(/Keep writing/);
    await chat.send('better not');
    await chat.messages.getByRole('button', { name: 'Do not send it' }).click();
    await chat.message('better not').waitFor({ state: 'detached' });
    await system.startServer();
    await chat.send('after');
    await chat.messages
      .getByRole('button', { name: /^Answered/ })
      .nth(1)
      .waitFor();
    expect(await storedTexts(chat.conversationId())).toEqual(['before', 'after']);
  });

  it('says on every page that the list could not be loaded, and loads it when asked again', async () => {
    const chat = await openChat();
    await chat.page.getByText('1/1').waitFor();
    await system.server.kill();
    await chat.page.getByRole('link', { name: 'System' }).click();
    await chat.shows("The server's state could not be read");
    await chat.shows('The dead letters could not be read');
    await system.startServer();
    await chat.page.getByRole('button', { name: 'Try again' }).first().click();
    await chat.shows('SQLite');
  });
});
