import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { untilAgentHasState } from './agent-state.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

const SLOW_MS = 180_000;
const TOLD = 'Order created, you will receive an email soon.';

describe('orders in the browser', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [{ use: 'coordinator' }, { use: 'orders' }, { use: 'email' }],
      }),
    ]);
  }, SLOW_MS);
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const open = async (address: string): Promise<Page> => (await browser.open(system.url + address)).page;
  const order = async (text: string): Promise<void> => {
    const chat = chatScreen(await open('/'));
    await chat.page.getByText('3/3').first().waitFor();
    await chat.send(text);
    await chat.messages.getByText('I pass your order on').waitFor();
    await chat.page.context().close();
  };
  const events = (page: Page) => page.getByRole('region', { name: 'Events of the channels' });

  it(
    'shows what is published on the channels as it comes, with what it says and what it began with',
    async () => {
      const page = await open('/system');
      await page.getByText('Nothing was published yet').waitFor();
      await order('order 3 lamps');
      await events(page).getByText('notification').waitFor();
      const created = events(page).getByRole('listitem').filter({ hasText: 'order_created' });
      await created.getByText('product Lamp').waitFor();

      await page.getByRole('button', { name: 'human', exact: true }).click();
      await created.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'all', exact: true }).click();
      await created.locator('summary').click();
      await created.getByRole('region', { name: 'Payload' }).getByText('"quantity": 3').waitFor();

      await created.getByRole('link').click();
      await page.getByRole('heading', { name: 'Order: 3 × Lamp' }).waitFor();
    },
    SLOW_MS,
  );

  it(
    'shows an event that came while the connection was away',
    async () => {
      const page = await open('/system');
      await events(page).getByText('notification').first().waitFor();
      const before = await events(page).getByRole('listitem').count();
      await page.context().setOffline(true);
      await page
        .getByRole('contentinfo')
        .getByText(/retry|offline|disconnected/i)
        .first()
        .waitFor();
      await order('order 1 rug');
      await page.context().setOffline(false);
      await events(page).getByText('product Rug').first().waitFor();
      expect(await events(page).getByRole('listitem').count()).toBeGreaterThan(before);
    },
    SLOW_MS,
  );

  it(
    'shows an order on its way, and goes on by itself when the agent that holds it up is back',
    async () => {
      const agents = await open('/agents');
      const email = agents
        .getByRole('listitem')
        .filter({ has: agents.getByRole('heading', { name: 'Email' }) });
      await email.getByRole('button', { name: 'Pause' }).click();
      await email.getByRole('button', { name: 'Resume' }).waitFor();
      await untilAgentHasState(system.agents[2], 'paused');

      const chat = chatScreen(await open('/'));
      await chat.send('order 2 chairs');
      await chat.messages.getByText('I pass your order on').waitFor();

      const page = await open('/tasks');
      const entry = page.getByRole('link', { name: /2 × Chair/ });
      await entry.getByText('created', { exact: true }).waitFor();
      await entry.click();
      const timeline = page.getByRole('list', { name: 'Timeline' });
      await timeline.getByText('order_created').waitFor();
      expect(await timeline.getByRole('listitem').count()).toBe(3);

      await email.getByRole('button', { name: 'Resume' }).click();
      await timeline.getByText('notification').waitFor();
      await page.getByText('created, customer told').waitFor();
      await chat.messages.getByText(TOLD).waitFor();

      await page.reload();
      await timeline.getByText('notification').waitFor();
      expect(await timeline.getByRole('listitem').count()).toBe(4);
    },
    SLOW_MS,
  );

  it(
    'lists every order, page by page',
    async () => {
      const client = await connectRaw(system.webSocketUrl);
      const ids = Array.from({ length: 51 }, () => newId());
      for (const [index, id] of ids.entries()) {
        client.send({
          type: 'event.publish',
          channel: 'human',
          event: { id, type: 'order_requested', payload: { product: `Stool ${index}`, quantity: 1 } },
        });
      }
      for (const id of ids) await client.received('event.accepted', (frame) => frame.id === id);
      client.terminate();

      const page = await open('/tasks');
      await page.getByRole('link', { name: /1 × Stool 50/ }).waitFor();
      const oldest = page.getByRole('link', { name: /1 × Stool 0\b/ });
      expect(await oldest.count()).toBe(0);
      await page.getByRole('button', { name: 'Show older orders' }).click();
      await oldest.waitFor();
    },
    SLOW_MS,
  );

  it('says so where nothing belongs to an address', async () => {
    const page = await open('/events/01890000-0000-7000-8000-000000000000');
    await page.getByText('There are no such events').waitFor();
  });
});
