import { describe, expect, it } from '@jest/globals';
import type { Element, Root } from 'hast';
import { drawMarkdown, isLight } from './markdown-tree.ts';
import { LONGEST_RUN } from './text-pieces.ts';

function treeOf(text: string): Root {
  const drawing = drawMarkdown(text);
  if ('problem' in drawing) throw new Error(drawing.problem);
  return drawing.tree;
}

function elements(parent: Root | Element): Element[] {
  return parent.children.flatMap((child) => (child.type === 'element' ? [child, ...elements(child)] : []));
}

const all = (text: string, tagName: string): Element[] =>
  elements(treeOf(text)).filter((element) => element.tagName === tagName);

describe('drawMarkdown', () => {
  it.each([
    ['list items', '- '.repeat(1500)],
    ['quotes', '>'.repeat(3000)],
    ['numbered items', '1. '.repeat(19_999)],
    ['both by turns', '> 1) '.repeat(10_000)],
    ['quotes behind other lines', `fine\n\n${'> '.repeat(400)}`],
  ])('does not read %s that are nested without end', (_, openers) => {
    expect(drawMarkdown(`${openers}x`)).toEqual({ problem: 'it is nested too deeply' });
  });

  it('does not render deep nesting over many lines or within a line', () => {
    const list = Array.from({ length: 80 }, (_, depth) => `${' '.repeat(depth * 2)}- item`).join('\n');
    expect(drawMarkdown(list)).toEqual({ problem: 'it is nested too deeply' });
    const strong = `${'**a '.repeat(100)}b${' c**'.repeat(100)}`;
    expect(drawMarkdown(strong)).toEqual({ problem: 'it is nested too deeply' });
  });

  it('does not draw more parts than a page can lay out at once', () => {
    expect(drawMarkdown(`|${'a|'.repeat(10_000)}\n|${'-|'.repeat(10_000)}`)).toHaveProperty('problem');
    expect(drawMarkdown('- a\n'.repeat(5000))).toHaveProperty('problem');
    expect(drawMarkdown('```\na\n```\n\n'.repeat(400))).toHaveProperty('problem');
    expect(drawMarkdown('|a|\n|-|\n\n'.repeat(600))).toHaveProperty('problem');
  });

  it('renders a long table, and a list as deep as people write them', () => {
    expect(all(`|a|b|\n|-|-|\n${'|1|2|\n'.repeat(1000)}`, 'tr')).toHaveLength(1001);
    const list = Array.from({ length: 12 }, (_, depth) => `${'  '.repeat(depth)}- item`).join('\n');
    expect(all(list, 'ul')).toHaveLength(12);
  });

  it('ends a line in a run that is too long to be laid out as one', () => {
    expect(all('ก'.repeat(LONGEST_RUN * 3), 'span')).toHaveLength(2);
    expect(all('*ก*bbbbb '.repeat(LONGEST_RUN / 4), 'span')).toHaveLength(1);
    expect(all(`${'word '.repeat(500)}\n\n`.repeat(10), 'span')).toHaveLength(0);
  });

  it('keeps HTML as text, and links nowhere that runs a script', () => {
    const tree = treeOf(
      '<b>x</b> [a](javascript:alert(1)) [b](https://example.com) [c](/c/1) ![d](data:text/html,x)',
    );
    expect(JSON.stringify(tree)).not.toContain('"raw"');
    const links = elements(tree).filter(({ tagName }) => tagName === 'a');
    expect(links.map(({ properties }) => properties.href)).toEqual([
      undefined,
      'https://example.com',
      '/c/1',
    ]);
    expect(elements(tree).find(({ tagName }) => tagName === 'img')?.properties.src).toBeUndefined();
  });

  it('takes only small texts without nesting for light ones', () => {
    expect(isLight('a *b*\n- c\n  - d')).toBe(true);
    expect(isLight('- '.repeat(100))).toBe(false);
    expect(isLight('*a '.repeat(1000))).toBe(false);
  });
});
