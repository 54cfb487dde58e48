import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** A real browser and the pages opened in it. */
export interface TestBrowser {
  /** A page of a person who was never here before, though the browser may have the site's files. */
  open(url: string, look?: Look): Promise<OpenPage>;
  /** For after each test: pages that nobody looks at any more go on drawing what happens, and cost as much as before. */
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
  /** What a page should never do: throw, write errors to the console, ask other hosts, break its security policy. */
  readonly offences: readonly string[];
}

/** A person: storage of their own, and the process that draws their pages. Cleared, it is there for the next one. */
interface Seat {
  readonly context: BrowserContext;
  readonly origin: string;
  readonly keeper: Page;
  isTaken: boolean;
}

/** What the test machines need: no sandbox for root, and nothing that Chromium does by itself in the background. */
const FLAGS = [
  '--headless',
  // With pages that are kept, the next page of a person needs no process of its own: see `keepProcess`.
  '--process-per-site',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A key scrolls at once: otherwise tests would measure on the way.
  '--disable-smooth-scrolling',
];

/** Runs in the page: what its security policy forbids is written to the console as an error. */
const REPORT_POLICY = `addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`;

/** Assertions about the page wait this long before they fail. */
export const PATIENCE_MS = 30_000;

export async function startBrowser(): Promise<TestBrowser> {
  const executablePath = process.env.CHROMIUM_PATH;
  if (executablePath === undefined) throw new Error('CHROMIUM_PATH is not set: run the tests with npm test');
  const browser: Browser = await chromium.launch({ executablePath, args: FLAGS });
  const seats = new Set<Seat>();

  async function newSeat(origin: string): Promise<Seat> {
    // Drawn by the processor, what moves without end takes most of its time.
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(REPORT_POLICY);
    const seat = { context, origin, keeper: await keepProcess(context, origin), isTaken: true };
    seats.add(seat);
    return seat;
  }

  /** Closes the pages, and takes away what they stored and were allowed. */
  async function clear(seat: Seat): Promise<void> {
    const { context, keeper } = seat;
    if (!browser.contexts().includes(context)) return void seats.delete(seat); // The test closed it.
    await Promise.all(context.pages().map((page) => (page === keeper ? undefined : page.close())));
    await context.setOffline(false);
    await keeper.evaluate('localStorage.clear()');
    await context.clearCookies();
    await context.clearPermissions();
    seat.isTaken = false;
  }

  return {
    async open(url, { viewport = { width: 1400, height: 900 }, colorScheme = 'light' } = {}) {
      const { origin, host } = new URL(url);
      const free = [...seats].find((seat) => !seat.isTaken && seat.origin === origin);
      if (free !== undefined) free.isTaken = true;
      const { context } = free ?? (await newSeat(origin));
      const page = await context.newPage();
      const offences = watch(page, host);
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto(url);
      return { page, offences };
    },
    async closePages() {
      await Promise.all([...seats].filter(({ isTaken }) => isTaken).map(clear));
    },
    close: () => browser.close(),
  };
}

/**
 * A page without a script, of the same site as the others of its context. As long as it is open their process stays, with
 * all that it has compiled: a page that begins in a new one takes the processor four times as long.
 */
async function keepProcess(context: BrowserContext, origin: string): Promise<Page> {
  const keeper = await context.newPage();
  await keeper.goto(`${origin}/favicon.svg`);
  return keeper;
}

function watch(page: Page, host: string): string[] {
  const offences: string[] = [];
  page.on('pageerror', (error) => offences.push(`threw ${error.message}`));
  page.on('console', (message) => {
    // A connection that is refused is written by the browser itself, and tests cut connections.
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
