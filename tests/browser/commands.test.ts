import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { newId } from '@parley/shared-models';
import type { Page } from 'playwright-core';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { AUTH_SECRET, signToken } from '../harness/sign-token.ts';
import { violations } from './axe.ts';
import { type Look, startBrowser, type TestBrowser } from './browser.ts';

const ALLOW_ALL = path.resolve(import.meta.dirname, '../../policies/allow-everything.json');
const SIZES = { wide: { width: 1400, height: 900 }, narrow: { width: 400, height: 780 } };
/** axe checks every element, and processes start: both take long on a busy machine. */
const SLOW_MS = 180_000;

/** Ten seconds of coloured lines, with a child process that would outlive its parent. */
const TEN_SECONDS = `sleep 300 & echo "child $! of $$"; i=0; while [ $i -lt 100 ]; do i=$((i+1)); printf '\\033[3%dmline %d\\033[0m\\n' $((i%6+1)) $i; sleep 0.1; done`;

/** The commands page by roles and names, as a person uses it. */
function commandsScreen(page: Page) {
  const output = page.getByRole('log');
  const view = page.getByRole('article').filter({ has: page.getByRole('log') });
  return {
    page,
    output,
    input: page.getByRole('textbox', { name: 'Command', exact: true }),
    list: page.getByRole('list', { name: 'Commands' }),
    async choose(...names: string[]): Promise<void> {
      for (const name of names) await page.getByRole('checkbox', { name, exact: true }).check();
    },
    async run(command: string): Promise<void> {
      const before = page.url();
      await this.input.fill(command);
      await this.input.press('Enter');
      // Beside a command that was run before, too.
      await page.waitForURL((url) => url.href !== before && /^\/commands\/./.test(url.pathname));
    },
    async hasState(state: string): Promise<void> {
      await view.getByRole('status').filter({ hasText: state }).waitFor();
    },
    commandId(): string {
      return new URL(page.url()).pathname.split('/').at(-1) ?? '';
    },
  };
}

/** A policy that allows a greeting after approval, refuses removal, and allows nothing else. */
async function writeCarefulPolicy(folder: string): Promise<string> {
  const file = path.join(folder, 'careful.json');
  const args = [{ pattern: '.*', times: 'any' }];
  await writeFile(
    file,
    JSON.stringify({
      description: 'Greetings, once somebody has looked at them',
      folders: ['/tmp'],
      user: 'same',
      rules: [
        { name: 'no removal', program: 'rm', effect: 'deny', args: 'any' },
        { name: 'greetings', program: 'echo', args, requireApproval: true },
      ],
    }),
  );
  return file;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

describe('the commands page', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-commands-'));
    const careful = await writeCarefulPolicy(folder);
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [
          { use: 'shell', id: 'one', name: 'One', policy: ALLOW_ALL },
          { use: 'shell', id: 'two', name: 'Two', policy: ALLOW_ALL },
          { use: 'shell', id: 'careful', name: 'Careful', policy: careful },
          { use: 'echo' },
        ],
      }),
    ]);
  }, SLOW_MS);
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (address = '/commands', look: Look = {}) => {
    const { page, offences } = await browser.open(system.url + address, look);
    return { ...commandsScreen(page), offences };
  };
  const api = () => createHttpApi({ url: system.url });

  it(
    'shows coloured output as it comes, and cancels in the middle with every process that was started',
    async () => {
      const screen = await open();
      await screen.choose('One');
      await screen.run(TEN_SECONDS);
      await screen.output.getByText('line 3', { exact: true }).waitFor();
      await screen.hasState('running');
      const colors = (await screen.page.evaluate(
        `[...document.querySelectorAll('[role=log] span')].map((run) => getComputedStyle(run).color)`,
      )) as string[];
      expect(new Set(colors).size).toBeGreaterThanOrEqual(3);
      const [child, shell] = ((await screen.output.textContent()) ?? '').match(/\d+/g)?.map(Number) ?? [];
      expect([child, shell].map((pid) => isAlive(pid ?? 0))).toEqual([true, true]);

      await screen.page.getByRole('button', { name: 'Cancel', exact: true }).click();
      await screen.hasState('cancelled');
      await screen.page.getByText('cancelled by').waitFor();
      await eventually(async () => {
        expect([child, shell].map((pid) => isAlive(pid ?? 0))).toEqual([false, false]);
      });
      expect(await screen.output.getByText('line 100', { exact: true }).count()).toBe(0);
      expect((await api().command(screen.commandId())).state).toBe('cancelled');
      expect(screen.offences).toEqual([]);
    },
    SLOW_MS,
  );

  it('keeps stdout and stderr apart, and shows exit code, duration and requester', async () => {
    const screen = await open();
    await screen.choose('One');
    await screen.run('echo fine; echo oops >&2; exit 7');
    await screen.hasState('failed');
    await screen.hasState('exit code 7');
    await screen.page.getByText('ran for').waitFor();
    await screen.page.getByText('asked by').waitFor();
    // The output is rendered after the outcome.
    await eventually(async () =>
      expect(await screen.output.locator('[data-stderr]').allTextContents()).toEqual(['oops']),
    );
  });

  it('names the rule that refuses a command', async () => {
    const screen = await open();
    await screen.choose('Careful');
    await screen.run('rm -rf /tmp/nothing');
    await screen.hasState('refused');
    await screen.page.getByText(/The rule "no removal" denies it/).waitFor();
    await screen.page.getByText('Nothing ran.').waitFor();
  });

  it('asks for an approval where the policy wants one, and runs the command then', async () => {
    const screen = await open();
    await screen.choose('Careful');
    await screen.run('echo let me pass');
    await screen.hasState('waits for approval');
    const other = await open('/commands');
    const banner = other.page.getByRole('article', { name: 'Approval of echo let me pass' });
    await banner.getByText('greetings').waitFor();
    await banner.getByRole('button', { name: 'Approve' }).click();
    await screen.hasState('succeeded');
    await screen.output.getByText('let me pass').waitFor();
    await screen.page.getByText('who asked for it: nobody else is there').waitFor();
    await banner.waitFor({ state: 'detached' });
  });

  it('rejects with a reason, and then nothing runs', async () => {
    const screen = await open();
    await screen.choose('Careful');
    await screen.run('echo never');
    const banner = screen.page.getByRole('article', { name: 'Approval of echo never' });
    await banner.getByRole('button', { name: 'Reject' }).click();
    await banner.getByRole('textbox', { name: 'Reason for the rejection' }).fill('not on a Friday');
    await banner.getByRole('button', { name: 'Reject', exact: true }).click();
    await screen.hasState('refused');
    await screen.page
      .getByText(/not on a Friday/)
      .first()
      .waitFor();
    expect(await screen.output.getByText('never').count()).toBe(0);
  });

  it('runs on several agents at once and sums up', async () => {
    const screen = await open();
    await screen.choose('One', 'Two', 'Careful');
    await screen.run('hostname');
    await screen.page.getByRole('status').filter({ hasText: '2 of 3 succeeded, 1 refused' }).waitFor();
    await screen.page.getByRole('row', { name: /^One succeeded exit code 0/ }).waitFor();
    await screen.page.getByRole('row', { name: /^Careful refused No rule allows/ }).waitFor();
    await screen.page.getByRole('link', { name: 'Two', exact: true }).click();
    await screen.output.getByText(os.hostname()).waitFor();
    await screen.page.getByRole('link', { name: '2 of 3 succeeded, 1 refused', exact: true }).click();
    await screen.page.getByRole('row', { name: /^Two/ }).waitFor();
    expect(screen.offences).toEqual([]);
  });

  it('shows a command by its address, and one that does not exist as such', async () => {
    const { commands } = await api().runCommand({ agentId: 'one', command: 'echo by its address' });
    const screen = await open(`/commands/${commands[0]?.id}`);
    await screen.output.getByText('by its address').waitFor();
    await screen.hasState('succeeded');
    const nowhere = await open(`/commands/${newId()}`);
    await nowhere.page.getByText('There is no such command').waitFor();
  });

  it('runs again, and brings back earlier commands by arrow key', async () => {
    const screen = await open();
    await screen.choose('One');
    await screen.run('echo first words');
    await screen.hasState('succeeded');
    const first = screen.commandId();
    await screen.page.getByRole('button', { name: 'Run again' }).click();
    await screen.page.waitForURL((url) => !url.pathname.endsWith(first));
    await screen.output.getByText('first words').waitFor();
    await screen.run('echo other words');
    await screen.hasState('succeeded');
    await screen.input.press('ArrowUp');
    await screen.input.press('ArrowUp');
    expect(await screen.input.inputValue()).toBe('echo first words');
    await screen.input.press('ArrowDown');
    await screen.input.press('ArrowDown');
    expect(await screen.input.inputValue()).toBe('');
  });

  it('lists all commands live, and filters the list', async () => {
    const screen = await open();
    await screen.list.getByRole('link').first().waitFor();
    await api().runCommand({ agentId: 'two', command: 'echo from elsewhere; exit 4' });
    const item = screen.list.getByRole('link', { name: /from elsewhere/ });
    await item.getByText('failed').waitFor();
    await screen.page.getByRole('searchbox', { name: 'Search the commands' }).fill('elsewhere');
    await eventually(async () => expect(await screen.list.getByRole('link').count()).toBe(1));
    await screen.page.getByRole('combobox', { name: 'Only in this state' }).selectOption('succeeded');
    await screen.page.getByText('None of them').waitFor();
    await screen.page.getByRole('button', { name: 'Show all' }).click();
    await item.waitFor();
  });

  it('names a missing input before it runs anything', async () => {
    const screen = await open();
    await screen.input.fill('uptime');
    await screen.input.press('Enter');
    await screen.page.getByText('Choose where to run it.').waitFor();
    await screen.choose('One');
    await screen.page.getByText('Folder and time limit').click();
    await screen.page.getByRole('textbox', { name: 'Time limit in seconds' }).fill('soon');
    await screen.page.getByText(/a number of seconds/).waitFor();
    await screen.page.getByRole('textbox', { name: 'Time limit in seconds' }).fill('5.5');
    await screen.page.getByRole('textbox', { name: 'Folder' }).fill('/tmp');
    await screen.run('pwd; sleep 60');
    await screen.hasState('timed out');
    await screen.output.getByText('/tmp', { exact: true }).waitFor();
  });

  it(
    'goes on with the output after the connection was lost, with no line twice and none missing',
    async () => {
      const screen = await open();
      await screen.choose('One');
      await screen.run('i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "line $i"; sleep 0.1; done');
      await screen.output.getByText('line 5', { exact: true }).waitFor();
      await system.server.kill();
      await system.startServer();
      await screen.hasState('succeeded');
      await screen.output.getByText('line 60', { exact: true }).waitFor();
      const lines = await screen.output.getByText(/^line \d+$/).allTextContents();
      expect(lines).toEqual(Array.from({ length: 60 }, (_, index) => `line ${index + 1}`));
    },
    SLOW_MS,
  );

  it('is fetched only where it is opened', async () => {
    const { page } = await browser.open(`${system.url}/agents`);
    await page.getByRole('heading', { name: 'Careful' }).waitFor();
    const fetched = (): Promise<unknown> =>
      page.evaluate(
        `performance.getEntriesByType('resource').filter(({ name }) => name.includes('commands-page')).length`,
      );
    expect(await fetched()).toBe(0);
    await page.getByRole('link', { name: 'Commands' }).click();
    await commandsScreen(page).input.waitFor();
    expect(await fetched()).toBeGreaterThan(0);
  });

  it.each(['wide', 'narrow'] as const)(
    'passes WCAG 2.2 AA %s, and does not scroll sideways',
    async (size) => {
      const colours = String.raw`for i in 0 1 2 3 4 5 6 7; do printf "\033[3${'$'}{i}m a \033[9${'$'}{i}m b \033[0;4${'$'}{i}m c \033[0;7;3${'$'}{i}m d \033[0;2m e\033[0m\n"; done; printf '\033[38;5;226m f \033[38;5;16m g\033[0m\n'; echo ${'x'.repeat(300)} >&2; exit 1`;
      const { commands } = await api().runCommand({ agentId: 'one', command: colours });
      const batch = await api().runCommand({ agentIds: ['one', 'two'], command: 'true' });
      const asked = `for a look, ${size}`;
      await api().runCommand({ agentId: 'careful', command: `echo ${asked}` });

      const screen = await open('/commands', { viewport: SIZES[size] });
      const pages: [string, () => Promise<void>][] = [
        [
          '',
          () =>
            screen.page.getByRole('article', { name: `Approval of echo ${asked}`, exact: true }).waitFor(),
        ],
        [`/${commands[0]?.id}`, () => screen.output.getByText('xxx').waitFor()],
        [`/${batch.batchId}`, () => screen.page.getByRole('row', { name: /^Two succeeded/ }).waitFor()],
      ];
      for (const [address, isShown] of pages) {
        await screen.page.goto(`${system.url}/commands${address}`);
        await isShown();
        for (const colorScheme of ['light', 'dark'] as const) {
          await screen.page.emulateMedia({ colorScheme });
          await screen.page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
          const rules = colorScheme === 'dark' ? 'colours' : size === 'wide' ? 'all' : 'sizes';
          if (size === 'wide' || colorScheme === 'light')
            expect(await violations(screen.page, rules)).toEqual([]);
          if (process.env.SCREENSHOTS !== undefined) {
            const name = address === '' ? 'list' : address === `/${batch.batchId}` ? 'batch' : 'output';
            await screen.page.screenshot({
              path: `${process.env.SCREENSHOTS}/commands-${name}-${size}-${colorScheme}.png`,
            });
          }
        }
        const sideways = await screen.page.evaluate(
          'document.documentElement.scrollWidth - window.innerWidth',
        );
        expect(sideways).toBeLessThanOrEqual(0);
      }
      expect(screen.offences).toEqual([]);
    },
    2 * SLOW_MS,
  );
});

describe('the commands page where people sign in', () => {
  let system: ParleySystem;
  let browser: TestBrowser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-commands-'));
    [browser, system] = await Promise.all([
      startBrowser(),
      startSystem({
        driver: 'embedded',
        agents: [{ use: 'shell', id: 'careful', name: 'Careful', policy: await writeCarefulPolicy(folder) }],
        env: { AUTH_SECRET },
      }),
    ]);
  }, SLOW_MS);
  afterEach(() => browser?.closePages());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const openAs = async (userId: string, role: string): Promise<Page> => {
    const { page } = await browser.open(`${system.url}/commands`);
    await page.getByRole('textbox', { name: 'Token' }).fill(await signToken(userId, role));
    await page.getByRole('button', { name: 'Sign in' }).click();
    return page;
  };

  it('shows a viewer no way to run or control anything, and refuses a frame sent by hand', async () => {
    const page = await openAs('vera', 'viewer');
    await page.getByText('Commands are for operators').waitFor();
    expect(await page.getByRole('textbox').count()).toBe(0);
    expect(await page.getByRole('button', { name: /run/i }).count()).toBe(0);

    await page.getByRole('link', { name: 'Chat' }).click();
    await page.getByText('To write takes the role “member”').waitFor();
    expect(await page.getByRole('textbox', { name: 'Message' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Agents' }).click();
    await page.getByRole('heading', { name: 'Careful' }).waitFor();
    expect(await page.getByRole('button', { name: /pause|more about|shut down/i }).count()).toBe(0);
    await page.getByRole('link', { name: 'System' }).click();
    await page.getByText('broker_input_queue').waitFor();
    expect(await page.getByRole('heading', { name: /audit|dead letters/i }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /reset/i }).count()).toBe(0);

    const hello = { token: await signToken('vera', 'viewer') };
    const client = await connectRaw(system.webSocketUrl, { hello });
    client.send({ type: 'command.run', id: newId(), agentId: 'careful', command: 'echo hello' });
    expect(await client.received('error')).toMatchObject({ code: 'forbidden' });
    client.terminate();
  });

  it('lets only another operator approve a command', async () => {
    const asking = await openAs('otto', 'operator');
    const screen = commandsScreen(asking);
    // The page chooses a single agent automatically.
    await screen.choose('Careful');
    await screen.run('echo hello otto');
    const name = 'Approval of echo hello otto';
    await asking.getByRole('article', { name }).getByText('Somebody else has to approve it.').waitFor();
    expect(await asking.getByRole('button', { name: 'Approve' }).count()).toBe(0);

    const other = await openAs('olga', 'operator');
    await other.getByRole('article', { name }).getByRole('button', { name: 'Approve' }).click();
    await screen.hasState('succeeded');
    await asking.getByText('approved by').waitFor();
    await screen.output.getByText('hello otto').waitFor();
  });
});
