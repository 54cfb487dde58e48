import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { violations } from './axe.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

const agentFile = (name: string): string => path.join(import.meta.dirname, 'agents', `${name}-agent.ts`);
/** axe checks every element, which takes long on a busy machine. */
const SLOW_MS = 180_000;
const SIZES = { wide: { width: 1400, height: 900 }, narrow: { width: 360, height: 780 } };

/** States of a narrow page only; the others have the elements and colours of the wide page. */
const DRAWERS = ['the conversations and agents', 'the path of a message'];

/** Brings the page into the state that is checked. */
type Show = (page: Page, size: keyof typeof SIZES) => Promise<void>;

describe('every page', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  let conversation: string;

  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [{ use: 'echo' }, { file: agentFile('failing') }, { file: agentFile('writer') }],
      }),
    ]);
    const { page } = await browser.open(system.url);
    const chat = chatScreen(page);
    await chat.send('@Writer what is left?');
    await chat.messages.getByRole('heading', { name: 'Budget' }).waitFor();
    await chat.send('@Fragile the broken plan');
    await chat.messages.getByText(/the plan has no second page/).waitFor();
    await chat.send(`echo ${'averyveryverylongwordwithoutanyspaces'.repeat(12)}`);
    await chat.messages.getByRole('button', { name: /^Answered by Echo/ }).waitFor();
    await chat.messages.getByRole('button', { name: /routed to Echo/ }).click();
    conversation = `/c/${chat.conversationId()}`;
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const cases: readonly (readonly [name: string, address: () => string, show: Show])[] = [
    ['a new conversation', () => '/', (page) => page.getByRole('list', { name: 'Suggestions' }).waitFor()],
    [
      'a conversation',
      () => conversation,
      async (page) => {
        await page.getByRole('heading', { name: 'Budget' }).waitFor();
        await page.locator('.hljs-keyword').first().waitFor();
        await page.getByRole('button', { name: /routed to Writer/ }).click();
        // On a busy machine the agent may have counted as offline; the reason then has a second part.
        await page.getByText('You named the agent: You asked for Writer').first().waitFor();
      },
    ],
    [
      'the list of agents to name',
      () => '/',
      async (page) => {
        await page
          .getByText('3/3')
          .or(page.getByRole('button', { name: /Echo this/ }))
          .first()
          .waitFor();
        await chatScreen(page).input.pressSequentially('@');
        await page.getByRole('listbox', { name: 'Agents' }).waitFor();
      },
    ],
    [
      'the conversations and agents',
      () => conversation,
      async (page, size) => {
        if (size === 'narrow') await page.getByRole('button', { name: 'Conversations and agents' }).click();
        await page.getByRole('navigation', { name: 'Conversations' }).getByText('Today').waitFor();
      },
    ],
    [
      'the path of a message',
      () => conversation,
      async (page, size) => {
        if (size === 'narrow') await page.getByRole('button', { name: 'Message path' }).click();
        await page.getByText('Echo answers').waitFor();
      },
    ],
    ['Agents', () => '/agents', (page) => page.getByRole('heading', { name: 'Writer' }).waitFor()],
    [
      'System',
      () => '/system',
      async (page) => {
        await page.getByText('broker_input_queue').waitFor();
        await page.getByRole('button', { name: /agent_failed/ }).click();
        await page.getByText('message id').waitFor();
      },
    ],
    [
      'the palette',
      () => '/agents',
      async (page) => {
        await page.getByRole('heading', { name: 'Writer' }).waitFor();
        await page.keyboard.press('Control+k');
        await page.getByRole('dialog', { name: 'Command palette' }).getByText('New conversation').waitFor();
        await page.keyboard.press('ArrowDown');
      },
    ],
    [
      'the shortcuts',
      () => '/agents',
      async (page) => {
        await page.getByRole('heading', { name: 'Writer' }).waitFor();
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      },
    ],
    [
      'an address that leads nowhere',
      () => '/nowhere',
      (page) => page.getByText('There is no such page').waitFor(),
    ],
  ];

  describe.each(['wide', 'narrow'] as const)('%s', (size) => {
    it.each(cases)(
      '%s passes WCAG 2.2 AA in light and dark and does not scroll sideways',
      async (name, address, show) => {
        const { page, offences } = await browser.open(system.url + address(), {
          viewport: SIZES[size],
        });
        await show(page, size);
        const isOfItsOwn = size === 'wide' || DRAWERS.includes(name);
        for (const colorScheme of isOfItsOwn ? (['light', 'dark'] as const) : (['light'] as const)) {
          await page.emulateMedia({ colorScheme });
          await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
          const rules = colorScheme === 'dark' ? 'colours' : isOfItsOwn ? 'all' : 'sizes';
          expect(await violations(page, rules)).toEqual([]);
        }
        const sideways = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect(sideways).toBeLessThanOrEqual(0);
        expect(offences).toEqual([]);
      },
      SLOW_MS,
    );
  });
});
