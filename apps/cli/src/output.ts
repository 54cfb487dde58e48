import { styleText } from 'node:util';
// Not the whole kit: a logger takes its time to load.
import { escapeActing } from '@parley/process-kit/acting-characters';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const ESCAPE = '\u001b';
/** What `style` writes: bold, dim, four colours, and their ends. */
const OWN_STYLE = new RegExp(`(${ESCAPE}\\[(?:1|2|22|31|32|33|36|39)m)`);
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;:]*m`, 'g');
let isRaw = false;

/** From now on the texts of others are printed unchanged (`--raw`). */
export function printRaw(wanted: boolean): void {
  isRaw = wanted;
}

/** With colour where the stream is a terminal and NO_COLOR is unset. */
export function style(format: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(format, text, { stream });
}

/** Text of others, unable to control the terminal: without colours, other control characters shown as `\u001b`. */
export function plain(text: string): string {
  if (isRaw) return text;
  return escapeActing(text.replace(COLOUR, '').replaceAll('\r\n', '\n'));
}

/** Text of others with our own styles around it: a terminal gets no other control characters. */
function forStream(text: string, stream: NodeJS.WriteStream): string {
  if (isRaw || !stream.isTTY) return text;
  return text
    .split(OWN_STYLE)
    .map((part, index) => (index % 2 === 1 ? part : plain(part)))
    .join('');
}

export function print(text = ''): void {
  process.stdout.write(`${forStream(text, process.stdout)}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${forStream(text, process.stderr)}\n`);
}

/** Strings keep their value: control characters are written with JSON's own escapes. */
export function printJson(value: unknown): void {
  print(escapeActing(JSON.stringify(value, null, 2)));
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => plain(cell).replace(/[\t\n]+/g, ' ')));
  const widths = head.map((title, index) =>
    Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [style('bold', line(head)), ...cells.map(line)].join('\n');
}

/** Ends quietly when the reader of our output has gone (`parley watch | head`). */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}
