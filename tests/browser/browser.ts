import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** A real browser and the pages opened in it. */
export interface TestBrowser {
  /** A page with empty storage, though the browser may have the site's files in its cache. */
  open(url: string, look?: Look): Promise<OpenPage>;
  /** For after each test: unused pages continue to render events, which takes as much time as before. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

export interface Look {
  /** @default 1400 by 900 */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** @default 'light' */
  readonly colorScheme?: 'light' | 'dark';
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of the page: exceptions, errors in the console, requests to other hosts, violations of its security policy. */
  readonly offences: readonly string[];
}

/** A storage of its own with a renderer process. It is cleared and used again for later tests. */
interface Profile {
  readonly context: BrowserContext;
  readonly origin: string;
  readonly idlePage: Page;
  isTaken: boolean;
}

/** Flags for test machines: no sandbox, for root, and no background activity of Chromium. */
const FLAGS = [
  '--headless',
  // All pages of a site share the process that `keepProcess` keeps alive.
  '--process-per-site',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Scrolling by key is immediate: otherwise tests would measure during the animation.
  '--disable-smooth-scrolling',
];

/** Runs in the page: writes violations of its security policy to the console as errors. */
const REPORT_POLICY = `addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`;

/** Timeout of assertions about the page. */
export const PATIENCE_MS = 30_000;

export async function startBrowser(): Promise<TestBrowser> {
  const executablePath = process.env.CHROMIUM_PATH;
  if (executablePath === undefined) throw new Error('CHROMIUM_PATH is not set: run the tests with npm test');
  const browser: Browser = await chromium.launch({ executablePath, args: FLAGS });
  const profiles = new Set<Profile>();

  async function newProfile(origin: string): Promise<Profile> {
    // Without a GPU, endless animations take most of the processor's time.
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(REPORT_POLICY);
    const profile = { context, origin, idlePage: await keepProcess(context, origin), isTaken: true };
    profiles.add(profile);
    return profile;
  }

  /** Closes the pages, and removes their stored data and permissions. */
  async function clear(profile: Profile): Promise<void> {
    const { context, idlePage } = profile;
    if (!browser.contexts().includes(context)) return void profiles.delete(profile); // The test closed it.
    await Promise.all(context.pages().map((page) => (page === idlePage ? undefined : page.close())));
    await context.setOffline(false);
    await idlePage.evaluate('localStorage.clear()');
    await context.clearCookies();
    await context.clearPermissions();
    profile.isTaken = false;
  }

  return {
    async open(url, { viewport = { width: 1400, height: 900 }, colorScheme = 'light' } = {}) {
      const { origin, host } = new URL(url);
      const free = [...profiles].find((profile) => !profile.isTaken && profile.origin === origin);
      if (free !== undefined) free.isTaken = true;
      const { context } = free ?? (await newProfile(origin));
      const page = await context.newPage();
      const offences = watch(page, host);
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto(url);
      return { page, offences };
    },
    async closePages() {
      await Promise.all([...profiles].filter(({ isTaken }) => isTaken).map(clear));
    },
    close: () => browser.close(),
  };
}

/**
 * Opens a page without scripts, of the same site as the other pages of its context. It keeps their process alive with its
 * compiled code: a page in a new process takes four times as much processor time to start.
 */
async function keepProcess(context: BrowserContext, origin: string): Promise<Page> {
  const idlePage = await context.newPage();
  await idlePage.goto(`${origin}/favicon.svg`);
  return idlePage;
}

function watch(page: Page, host: string): string[] {
  const offences: string[] = [];
  page.on('pageerror', (error) => offences.push(`threw ${error.message}`));
  page.on('console', (message) => {
    // The browser itself writes refused connections to the console, and tests cut connections.
    if (message.type() === 'error' && !/ERR_CONNECTION|WebSocket|status of 5/.test(message.text())) {
      offences.push(`console: ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== host && url.protocol !== 'data:' && url.protocol !== 'blob:')
      offences.push(`asked ${url}`);
  });
  return offences;
}
