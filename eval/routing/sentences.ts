import { readFileSync } from 'node:fs';

export interface Sentence {
  /** Groups that may answer, or one of `end` and `stay`: see README.md. */
  readonly expected: readonly string[];
  readonly language: string;
  readonly text: string;
}

/** The sentences of one of the sets in this folder. @throws Error for a line that is not valid */
export function readSentences(set: 'tuning' | 'held-out'): Sentence[] {
  const lines = readFileSync(new URL(`${set}.tsv`, import.meta.url), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => parseLine(line));
}

function parseLine(line: string): Sentence {
  const [expected, language, text, more] = line.split('\t');
  if (!expected || !language || !text || more !== undefined) throw new Error(`no labelled sentence: ${line}`);
  return { expected: expected.split('|'), language, text };
}

/** Whether the sentence is about sessions, not about whose matter it is. */
export const isOfSession = ({ expected }: Sentence): boolean =>
  expected.includes('end') || expected.includes('stay');
