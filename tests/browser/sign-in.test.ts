import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { violations } from './axe.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { chatScreen } from './chat-screen.ts';

const AUTH_SECRET = 'a secret of more than thirty-two characters';

function token(name: string, seconds = 600): Promise<string> {
  return new SignJWT({ sub: name.toLowerCase(), name, exp: Math.floor(Date.now() / 1000) + seconds })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(AUTH_SECRET));
}

describe('a person who has to sign in', () => {
  let system: ParleySystem;
  let browser: TestBrowser;

  beforeAll(async () => {
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({ driver: 'embedded', agents: [{ use: 'echo' }], env: { AUTH_SECRET } }),
    ]);
  });
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const signIn = async (page: Page, given: string): Promise<void> => {
    await page.getByRole('textbox', { name: 'Token' }).fill(given);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  it('is asked for a token, told when it is not accepted, and then chats', async () => {
    const { page } = await browser.open(system.url);
    await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
    await signIn(page, 'a.b.c');
    await page.getByText('The token is not valid here.').waitFor();
    await signIn(page, await token('Ada'));
    const chat = chatScreen(page);
    await chat.send('Hello there');
    await chat.messages.getByRole('article', { name: /^Echo: / }).waitFor();
  });

  it('may have the token in the address, where it does not stay', async () => {
    const given = await token('Ada');
    const { page } = await browser.open(`${system.url}/agents?token=${given}&x=1#top`);
    await page.getByRole('button', { name: 'Sign out Ada' }).waitFor();
    expect(page.url()).toBe(`${system.url}/agents?x=1#top`);
    await page.reload();
    await page.getByRole('button', { name: 'Sign out Ada' }).waitFor();
    await page.getByRole('button', { name: 'Sign out Ada' }).click();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
  });

  it('stays signed in over a reload of the page, and no longer after signing out', async () => {
    const { page } = await browser.open(system.url);
    await signIn(page, await token('Ada'));
    await page.getByRole('button', { name: 'Sign out Ada' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign out Ada' }).click();
    await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
  });

  it('is asked again when the token has run out, and is back where it was', async () => {
    const { page } = await browser.open(system.url);
    await signIn(page, await token('Ada'));
    const chat = chatScreen(page);
    await chat.send('Before it ran out');
    await chat.messages.getByRole('article', { name: /^Echo: / }).waitFor();
    const conversation = page.url();
    await page.getByRole('button', { name: 'Sign out Ada' }).click();
    await page.goto(conversation);
    // The test does nothing with the expiring token: the time for it depends on the machine.
    await signIn(page, await token('Ada', 3));
    await page.getByText('the token has expired').waitFor();
    await signIn(page, await token('Ada'));
    await chat.message('Before it ran out').first().waitFor();
  });

  it.each([
    ['light', 1400],
    ['dark', 1400],
    ['light', 360],
  ] as const)('finds an accessible page: %s, %i wide', async (colorScheme, width) => {
    const { page, offences } = await browser.open(system.url, {
      colorScheme,
      viewport: { width, height: 800 },
    });
    await signIn(page, 'a.b.c');
    await page.getByText('The token is not valid here.').waitFor();
    expect(await violations(page)).toEqual([]);
    // The browser itself writes the 401 to the console: only the answer shows that a token is needed.
    expect(offences.filter((offence) => !offence.includes('status of 401'))).toEqual([]);
    if (process.env.SCREENSHOTS !== undefined)
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/sign-in-${colorScheme}-${width}.png` });
  });
});
