import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** A real browser and the pages opened in it. */
export interface TestBrowser {
  /** A page of a person who was never here before. */
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>;
  /** For after each test: pages that nobody looks at any more go on drawing what happens, and cost as much as before. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenPage {
  readonly page: Page;
  /** What a page should never do: throw, write errors to the console, ask other hosts, break its security policy. */
  readonly offences: readonly string[];
}

/** What the test machines need: no sandbox for root, and nothing that Chromium does by itself in the background. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
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
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1400, height: 900 },
        // Drawn by the processor, what moves without end takes most of its time.
        reducedMotion: 'reduce',
        ...options,
      });
      context.setDefaultTimeout(PATIENCE_MS);
      await context.addInitScript(REPORT_POLICY);
      const page = await context.newPage();
      const offences = watch(page, new URL(url).host);
      await page.goto(url);
      return { page, offences };
    },
    async closePages() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    close: () => browser.close(),
  };
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
