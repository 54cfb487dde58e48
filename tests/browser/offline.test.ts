import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CLOSE_CODES } from '@parley/shared-models';
import type { Locator, Page, WebSocketRoute } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { untilAgentHasState } from './agent-state.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type ChatScreen, chatScreen } from './chat-screen.ts';

describe('without a connection', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([startBrowser(), startSystem({ driver: 'embedded' })]);
  });
  beforeEach(() => onlineAgain(system));
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });
  const openChat = async (): Promise<ChatScreen> => {
    const { page } = await browser.open(system.url);
    return chatScreen(page);
  };

  /** Texts of the messages that the server holds, in their order. */
  async function storedTexts(conversationId: string): Promise<string[]> {
    const response = await fetch(`${system.url}/api/conversations/${conversationId}/messages`);
    const { messages } = (await response.json()) as { messages: { kind: string; text: string }[] };
    return messages.filter(({ kind }) => kind === 'TEXT').map(({ text }) => text);
  }

  it('keeps written messages, says so, and sends them once and in order when the server is back', async () => {
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
    await press(chat.page.getByRole('button', { name: 'Try now' }));
    await chat.messages
      .getByRole('button', { name: /^Answered/ })
      .nth(2)
      .waitFor();
    await chat.page.getByRole('button', { name: 'Try now' }).waitFor({ state: 'detached' });
    expect(await storedTexts(chat.conversationId())).toEqual(['before', 'one', 'two']);
    expect(await chat.messages.getByRole('article', { name: /^You: / }).count()).toBe(3);
  });

  it('catches up with an answer that came while only this browser was away', async () => {
    const chat = await openChat();
    await chat.page.getByText('1/1').waitFor();
    const connection = await breakableConnection(chat.page);
    const operator = await connectRaw(system.webSocketUrl);
    operator.send({ type: 'agent.control', agentId: 'echo', action: 'pause' });
    await chat.page.getByText('0/1').waitFor();
    // After a restart the server shows the agent's last state before the agent has connected.
    await untilAgentHasState(system.agents[0], 'paused');
    await chat.send('@Echo still there?');
    await chat.shows('Echo is paused; the message waits for it');

    connection.cut();
    await chat.shows(/Keep writing/);
    operator.send({ type: 'conversation.open', conversationId: chat.conversationId() });
    operator.send({ type: 'agent.control', agentId: 'echo', action: 'resume' });
    await operator.received('message', ({ message }) => message.kind === 'REPLY');
    operator.close();
    connection.mend();
    await press(chat.page.getByRole('button', { name: 'Try now' }));
    await chat.messages.getByRole('article', { name: /^Echo: / }).waitFor();
    await chat.messages.getByRole('button', { name: /^Answered by Echo/ }).waitFor();
  });

  it('says at once that the browser has no network, and is back when it has', async () => {
    const chat = await openChat();
    const connected = chat.page.getByText('connected', { exact: true });
    await connected.waitFor();
    // Checks the next frames: the heartbeat would notice too, but later.
    const drawn = chat.page.evaluate(`new Promise((resolve) => addEventListener('offline', () =>
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.body.innerText)))))`);
    await chat.page.evaluate('0'); // The page hears that before it goes offline.
    await chat.page.context().setOffline(true);
    expect(await drawn).not.toMatch(/^connected$/m);
    await chat.page.context().setOffline(false);
    await connected.waitFor();
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
    await press(chat.page.getByRole('button', { name: 'Try again' }));
    await chat.shows('SQLite');
  });
});

/** Restarts the server that the test before has killed, and waits for the agent. */
async function onlineAgain(system: ParleySystem): Promise<void> {
  const isThere = await fetch(`${system.url}/health`).then(
    () => true,
    () => false,
  );
  if (!isThere) await system.startServer();
  const client = await connectRaw(system.webSocketUrl);
  await client.received('agents', ({ agents }) => agents.some(({ state }) => state === 'online'));
  client.close();
}

/** Presses the buttons that are rendered: the page may have tried by itself just before, and removed them. */
async function press(buttons: Locator): Promise<void> {
  await buttons.evaluateAll((all) => {
    for (const button of all) (button as HTMLElement).click();
  });
}

/** Makes the page's connection to the server breakable without the server. */
async function breakableConnection(page: Page): Promise<{ cut(): void; mend(): void }> {
  let isCut = false;
  let current: WebSocketRoute | undefined;
  const drop = (route: WebSocketRoute | undefined) =>
    route?.close({ code: CLOSE_CODES.slowReader, reason: 'cut by the test' });
  await page.routeWebSocket(/\/ws$/, (route) => {
    current = route;
    if (isCut) return drop(route);
    route.connectToServer();
  });
  await page.reload();
  return {
    cut() {
      isCut = true;
      void drop(current);
    },
    mend() {
      isCut = false;
    },
  };
}
