import type { CSSProperties } from 'react';

/** Far enough apart to be told from each other, and without reds that look like an error. */
const HUES = [55, 85, 115, 145, 170, 195, 225, 255, 280, 305, 335];

/** The hue of an agent, 0 to 360; always the same for the same id. */
export function agentHue(agentId: string): number {
  let hash = 0;
  for (const character of agentId) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return HUES[hash % HUES.length] ?? 195;
}

/** Sets the hue that `--who-ink` and `--who-soft` are made with; give the element the class `tinted` too. */
export const hueStyle = (agentId: string): CSSProperties => ({ '--hue': agentHue(agentId) }) as CSSProperties;

/** One or two letters for a name: `HR`, `F`, `BH` for Büro Hilfe. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  if (words.length > 1) return words.slice(0, 2).map(firstCharacter).join('').toUpperCase();
  const word = words[0] ?? '?';
  return word.length <= 2 ? word.toUpperCase() : firstCharacter(word).toUpperCase();
}

const firstCharacter = (word: string): string => [...word][0] ?? '';
