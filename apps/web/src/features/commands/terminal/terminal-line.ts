import type { IBuffer, IBufferCell, IBufferLine } from '@xterm/headless';

/** The style of characters. Colours: 0 to 15 of the palette, which follows the theme, or `#rrggbb`. */
export interface TextStyle {
  readonly color?: number | string;
  readonly background?: number | string;
  readonly isBold?: boolean;
  readonly isDim?: boolean;
  readonly isItalic?: boolean;
  readonly isUnderlined?: boolean;
  readonly isStruck?: boolean;
  readonly isInverse?: boolean;
}

/** Consecutive characters of one style. */
export interface TextRun {
  readonly text: string;
  /** @default the terminal's default style */
  readonly style?: TextStyle;
}

export interface TerminalLine {
  /** Counts from 0 over all printed lines. */
  readonly id: number;
  readonly runs: readonly TextRun[];
  /** Whether a part of the line came from stderr. */
  readonly isStderr: boolean;
  /** The line continues the line before, which was too long. */
  readonly isContinued: boolean;
}

/** Reads the rows from `first` up to, but not including, `end` as one line: the terminal's wrapping is undone. */
export function readRuns(buffer: IBuffer, first: number, end: number): TextRun[] {
  const runs: { text: string; style?: TextStyle; look: string }[] = [];
  const cell = buffer.getNullCell();
  for (let row = first; row < end; row++) {
    const line = buffer.getLine(row);
    if (line !== undefined) readRow(line, cell, runs);
  }
  return runs.map(({ text, style }) => (style === undefined ? { text } : { text, style }));
}

function readRow(
  line: IBufferLine,
  cell: IBufferCell,
  runs: { text: string; style?: TextStyle; look: string }[],
): void {
  const { length } = line.translateToString(true);
  for (let x = 0, read = 0; x < line.length && read < length; x++) {
    line.getCell(x, cell);
    // The second half of a wide character.
    if (cell.getWidth() === 0) continue;
    const text = cell.getChars() || ' ';
    read += text.length;
    const look = cell.isAttributeDefault() ? '' : lookOf(cell);
    const last = runs.at(-1);
    if (last !== undefined && last.look === look) last.text += text;
    else runs.push(look === '' ? { text, look } : { text, look, style: styleOf(cell) });
  }
}

function lookOf(cell: IBufferCell): string {
  return [
    cell.getFgColorMode(),
    cell.getFgColor(),
    cell.getBgColorMode(),
    cell.getBgColor(),
    cell.isBold(),
    cell.isDim(),
    cell.isItalic(),
    cell.isUnderline(),
    cell.isStrikethrough(),
    cell.isInverse(),
  ].join();
}

function styleOf(cell: IBufferCell): TextStyle {
  return {
    ...(cell.isFgDefault() ? {} : { color: colorOf(cell.getFgColor(), cell.isFgRGB()) }),
    ...(cell.isBgDefault() ? {} : { background: colorOf(cell.getBgColor(), cell.isBgRGB()) }),
    ...(cell.isBold() === 0 ? {} : { isBold: true }),
    ...(cell.isDim() === 0 ? {} : { isDim: true }),
    ...(cell.isItalic() === 0 ? {} : { isItalic: true }),
    ...(cell.isUnderline() === 0 ? {} : { isUnderlined: true }),
    ...(cell.isStrikethrough() === 0 ? {} : { isStruck: true }),
    ...(cell.isInverse() === 0 ? {} : { isInverse: true }),
  };
}

const CUBE = [0, 95, 135, 175, 215, 255] as const;

/** @param color 0 to 255 of xterm's palette, or 0xrrggbb */
export function colorOf(color: number, isRgb: boolean): number | string {
  if (isRgb) return `#${color.toString(16).padStart(6, '0')}`;
  if (color < 16) return color;
  if (color >= 232) return hex(8 + (color - 232) * 10);
  const step = color - 16;
  return hex(CUBE[Math.floor(step / 36)] ?? 0, CUBE[Math.floor(step / 6) % 6] ?? 0, CUBE[step % 6] ?? 0);
}

function hex(red: number, green = red, blue = red): string {
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
