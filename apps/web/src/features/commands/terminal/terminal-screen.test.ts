import { describe, expect, it } from '@jest/globals';
import type { OutputStreamName } from '@parley/shared-models';
import { createTerminalScreen, type ScreenContent, type TerminalScreen } from './terminal-screen.ts';

/** The screen after all written text was processed. */
async function after(
  pieces: readonly (readonly [OutputStreamName, string])[],
  options?: Parameters<typeof createTerminalScreen>[0],
): Promise<TerminalScreen> {
  const screen = createTerminalScreen(options);
  const END = '\u2404';
  await new Promise<void>((resolve) => {
    const stop = screen.subscribe(() => {
      if (!screen.text().endsWith(END)) return;
      stop();
      resolve();
    });
    for (const [stream, data] of pieces) screen.write(stream, data);
    screen.write('stdout', END);
  });
  return screen;
}
const shown = async (...pieces: readonly string[]): Promise<string> =>
  (await after(pieces.map((data) => ['stdout', data] as const))).text().slice(0, -1);
const linesOf = ({ blocks, tail }: ScreenContent) => [...blocks.flatMap(({ lines }) => lines), ...tail];

describe('the screen of a command', () => {
  it.each([
    ['lines as they were printed', ['one\n', 'two', '\nthree\n'], 'one\ntwo\nthree\n'],
    ['a progress bar in its last state', ['10 %\r', '50 %\r', 'done\n'], 'done\n'],
    ['what was written over what', ['abc\b\bX\n'], 'aXc\n'],
    ['tabs as columns', ['a\tb\n'], 'a       b\n'],
    ['wide characters once', ['日本 ok\n'], '日本 ok\n'],
    ['an escape sequence that comes in two pieces', ['\u001b[3', '1mred\u001b[0m\n'], 'red\n'],
    ['what a program prints on the other screen', ['\u001b[?1049hhidden\u001b[?1049l\n'], 'hidden\n'],
    ['blank lines', ['a\n\n\nb\n'], 'a\n\n\nb\n'],
  ])('shows %s', async (_, pieces, text) => {
    expect(await shown(...pieces)).toBe(text);
  });

  it('keeps a line whole that is longer than a terminal is wide', async () => {
    const long = 'x'.repeat(1234);
    const screen = await after([['stdout', `${long}\nshort\n`]]);
    expect(linesOf(screen.content())).toHaveLength(3);
    expect(screen.text()).toBe(`${long}\nshort\n\u2404`);
  });

  it('reads colours and other looks', async () => {
    const screen = await after([
      [
        'stdout',
        '\u001b[31mred\u001b[0m plain \u001b[1;4;38;5;196mbold\u001b[0;7;48;2;1;2;3mturned\u001b[0m\n',
      ],
    ]);
    expect(linesOf(screen.content())[0]?.runs).toEqual([
      { text: 'red', style: { color: 1 } },
      { text: ' plain ' },
      { text: 'bold', style: { color: '#ff0000', isBold: true, isUnderlined: true } },
      { text: 'turned', style: { background: '#010203', isInverse: true } },
    ]);
  });

  it('marks the lines that stderr has printed to, also after they have scrolled away', async () => {
    const screen = await after([
      ['stdout', 'one\n'],
      ['stderr', 'two\nthree\n'],
      ['stdout', 'four\nfi'],
      ['stderr', 've\n'],
      ['stdout', 'six\n'.repeat(300)],
    ]);
    const lines = linesOf(screen.content());
    expect(lines.slice(0, 6).map(({ isStderr }) => isStderr)).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
    expect(lines.filter(({ isStderr }) => isStderr)).toHaveLength(3);
  });

  it('loses no line of a flood, and keeps settled lines unchanged', async () => {
    const all = Array.from({ length: 15_000 }, (_, line) => `${line}\n`).join('');
    const screen = createTerminalScreen();
    const seen: ScreenContent[] = [];
    screen.subscribe(() => seen.push(screen.content()));
    const done = new Promise<void>((resolve) => {
      screen.subscribe(() => screen.text().endsWith('14999') && resolve());
    });
    screen.write('stdout', all);
    await done;
    expect(`${screen.text()}\n`).toBe(all);
    expect(screen.content().omitted).toBe(0);
    expect(seen.length).toBeGreaterThan(5);
    for (const { blocks } of seen) expect(blocks[0]).toBe(seen.at(-1)?.blocks[0]);
  });

  it('leaves out the first lines where there are too many, and says how many', async () => {
    const all = Array.from({ length: 1000 }, (_, line) => `${line}\n`).join('');
    const screen = await after([['stdout', all]], { maxLines: 300 });
    const { omitted } = screen.content();
    expect(omitted).toBeGreaterThanOrEqual(600);
    expect(screen.text().startsWith(`${omitted}\n`)).toBe(true);
  });

  it('breaks a line that never ends, without losing a character', async () => {
    const long = 'abcdefghij'.repeat(50_000);
    const screen = await after([['stdout', long]]);
    expect(screen.text()).toBe(`${long}\u2404`);
    expect(linesOf(screen.content()).length).toBeGreaterThan(10);
  });

  it('reads nothing any more after it was stopped', async () => {
    const screen = createTerminalScreen();
    let told = 0;
    screen.subscribe(() => {
      told += 1;
    });
    screen.write('stdout', 'never\n');
    screen.stop();
    // Written later: when it has been processed, the first text would have been too.
    await after([['stdout', 'later\n']]);
    expect(told).toBe(0);
  });
});
