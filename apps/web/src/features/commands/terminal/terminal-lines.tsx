import { type CSSProperties, memo } from 'react';
import type { TerminalLine, TextRun, TextStyle } from './terminal-line.ts';
import type { LineBlock, ScreenContent } from './terminal-screen.ts';
import classes from './terminal-view.module.css';

export function TerminalLines({ content }: { content: ScreenContent }) {
  return (
    <>
      {content.blocks.map((block) => (
        <Block key={block.id} block={block} />
      ))}
      {content.tail.map((line) => (
        <Line key={line.id} line={line} />
      ))}
    </>
  );
}

const Block = memo(function Block({ block }: { block: LineBlock }) {
  return (
    <div className={classes.block}>
      {block.lines.map((line) => (
        <Line key={line.id} line={line} />
      ))}
    </div>
  );
});

const Line = memo(function Line({ line: { runs, isStderr } }: { line: TerminalLine }) {
  return (
    <div className={classes.line} data-stderr={isStderr || undefined}>
      {runs.length === 0 ? '\n' : runs.map(runOf)}
    </div>
  );
});

function runOf({ text, style }: TextRun, index: number) {
  if (style === undefined) return text;
  return (
    <span key={index} className={classes.run} {...lookOf(style)}>
      {text}
    </span>
  );
}

function lookOf(style: TextStyle) {
  const { color, background, isBold, isDim, isItalic, isUnderlined, isStruck, isInverse } = style;
  const decoration = [isUnderlined ? 'underline' : '', isStruck ? 'line-through' : ''].join(' ').trim();
  const own: CSSProperties & Record<`--${string}`, string> = {
    ...(typeof color === 'string' ? { '--rgb': color } : {}),
    ...(typeof background === 'string' ? { '--rgb-ground': background } : {}),
    ...(isBold ? { fontWeight: 700 } : {}),
    ...(isItalic ? { fontStyle: 'italic' } : {}),
    ...(decoration === '' ? {} : { textDecoration: decoration }),
  };
  return {
    style: own,
    'data-color': typeof color === 'string' ? 'rgb' : color,
    'data-ground': typeof background === 'string' ? 'rgb' : background,
    'data-dim': isDim,
    'data-inverse': isInverse,
  };
}
