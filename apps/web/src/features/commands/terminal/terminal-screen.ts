import type { OutputStreamName } from '@parley/shared-models';
import { type IMarker, Terminal } from '@xterm/headless/lib-headless/xterm-headless.mjs';
import { readRuns, type TerminalLine } from './terminal-line.ts';

/** Lines that cannot change any more. */
export interface LineBlock {
  readonly id: number;
  readonly lines: readonly TerminalLine[];
}

/** The contents of a terminal with its scrollback. Unchanged parts keep their identity. */
export interface ScreenContent {
  readonly blocks: readonly LineBlock[];
  /** The last lines, which may still change. */
  readonly tail: readonly TerminalLine[];
  /** The number of lines that were removed from the beginning, because there are too many. */
  readonly omitted: number;
}

/** Turns the input of a terminal (text with colours, carriage returns, cursor movements) into lines. */
export interface TerminalScreen {
  write(stream: OutputStreamName, data: string): void;
  content(): ScreenContent;
  /** @param listener called after `content()` has changed */
  subscribe(listener: () => void): () => void;
  /** The whole contents without colours. */
  text(): string;
  stop(): void;
}

export interface ScreenOptions {
  /** @default 20000 */
  readonly maxLines?: number;
  /** Defers the notification of changes to the next frame. @default at once */
  readonly schedule?: (notify: () => void) => void;
}

/** Programs that print into a pipe do not know the width; the page wraps the lines itself. */
const COLUMNS = 200;
/** The cursor can move up this far. */
const ROWS = 50;
const BLOCK_LINES = 100;
/** A line is split after this many rows, so that a growing line is not read again from its beginning each time. */
const LINE_ROWS = 100;
/** The maximum input between two reads, so that no line leaves the scrollback unread. */
const SLICE_LENGTH = 16_384;
const SLICE_LINES = 1000;
const SCROLLBACK = 2 * (SLICE_LINES + Math.ceil(SLICE_LENGTH / COLUMNS) + LINE_ROWS);
/** Modes of the alternate screens. They are ignored: output on such a screen would be lost when it is left. */
const OTHER_SCREENS = new Set([47, 1047, 1049]);

export function createTerminalScreen({
  maxLines = 20_000,
  schedule = (notify) => notify(),
}: ScreenOptions = {}): TerminalScreen {
  const terminal = new Terminal({
    cols: COLUMNS,
    rows: ROWS,
    scrollback: SCROLLBACK,
    convertEol: true,
    allowProposedApi: true,
    logLevel: 'off',
  });
  const staysHere = (params: (number | number[])[]): boolean =>
    params.some((param) => typeof param === 'number' && OTHER_SCREENS.has(param));
  for (const final of ['h', 'l']) terminal.parser.registerCsiHandler({ prefix: '?', final }, staysHere);
  const buffer = terminal.buffer.normal;

  const waiting: { stream: OutputStreamName; data: string }[] = [];
  const listeners = new Set<() => void>();
  let isWriting = false;
  let isStopped = false;
  let isScheduled = false;

  let blocks: LineBlock[] = [];
  let filling: TerminalLine[] = [];
  let settled = 0;
  let omitted = 0;
  let content: ScreenContent = { blocks: [], tail: [], omitted: 0 };
  /** The first row that is not settled. */
  let first: IMarker | undefined;
  let isFirstContinued = false;
  /** Ids of unsettled lines that contain text of stderr. */
  const stderrLines = new Set<number>();

  const cursorRow = (): number => buffer.baseY + buffer.cursorY;
  const rowOf = (marker: IMarker | undefined): number => Math.max(marker?.line ?? 0, 0);

  function notify(): void {
    if (isScheduled) return;
    isScheduled = true;
    schedule(() => {
      isScheduled = false;
      if (isStopped) return;
      for (const listener of listeners) listener();
    });
  }

  function settle(line: TerminalLine): void {
    settled += 1;
    stderrLines.delete(line.id);
    filling.push(line);
    if (filling.length < BLOCK_LINES) return;
    blocks = [...blocks, { id: line.id, lines: filling }];
    filling = [];
    if (blocks.length * BLOCK_LINES <= maxLines) return;
    omitted += blocks[0]?.lines.length ?? 0;
    blocks = blocks.slice(1);
  }

  /** Reads the contents of the terminal. @param stderr the rows that stderr has just printed to */
  function read(stderr: { from: number; end: number } | undefined): void {
    const end = lastRow() + 1;
    const tail: TerminalLine[] = [];
    let row = rowOf(first);
    let isContinued = isFirstContinued;
    for (let id = settled; row < end; id++) {
      let next = row + 1;
      while (next < end && next - row < LINE_ROWS && buffer.getLine(next)?.isWrapped === true) next += 1;
      if (stderr !== undefined && stderr.from < next && row < stderr.end) stderrLines.add(id);
      const line = { id, runs: readRuns(buffer, row, next), isStderr: stderrLines.has(id), isContinued };
      isContinued = next < end && buffer.getLine(next)?.isWrapped === true;
      row = next;
      if (next > buffer.baseY || tail.length > 0) tail.push(line);
      else {
        settle(line);
        isFirstContinued = isContinued;
        first?.dispose();
        first = terminal.registerMarker(next - cursorRow());
      }
    }
    content = { blocks, tail: [...filling, ...tail], omitted };
    notify();
  }

  /** The last row that is not empty or has the cursor after its first column. */
  function lastRow(): number {
    const cursor = cursorRow() - (buffer.cursorX === 0 ? 1 : 0);
    let row = buffer.length - 1;
    while (row > cursor && buffer.getLine(row)?.translateToString(true) === '') row -= 1;
    return row;
  }

  function pump(): void {
    const piece = waiting[0];
    if (isWriting || isStopped || piece === undefined) return;
    isWriting = true;
    const { stream } = piece;
    const cut = sliceEnd(piece.data);
    const slice = piece.data.slice(0, cut);
    if (cut === piece.data.length) waiting.shift();
    else piece.data = piece.data.slice(cut);
    const begin = terminal.registerMarker(0);
    terminal.write(slice, () => {
      if (isStopped) return;
      isWriting = false;
      const end = cursorRow() + (buffer.cursorX === 0 ? 0 : 1);
      read(stream === 'stderr' ? { from: rowOf(begin), end } : undefined);
      begin?.dispose();
      pump();
    });
  }

  return {
    write(stream, data) {
      if (data === '') return;
      waiting.push({ stream, data });
      pump();
    },
    content: () => content,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    text() {
      const lines = [...content.blocks.flatMap((block) => block.lines), ...content.tail];
      return lines
        .map(({ runs, isContinued }, index) => {
          const text = runs.map((run) => run.text).join('');
          return index === 0 || isContinued ? text : `\n${text}`;
        })
        .join('');
    },
    stop() {
      isStopped = true;
      waiting.length = 0;
      listeners.clear();
      terminal.dispose();
    },
  };
}

function sliceEnd(data: string): number {
  const longest = Math.min(data.length, SLICE_LENGTH);
  let end = 0;
  for (let lines = 0; lines < SLICE_LINES; lines++) {
    const newline = data.indexOf('\n', end);
    if (newline === -1 || newline >= longest) return longest;
    end = newline + 1;
  }
  return end;
}
