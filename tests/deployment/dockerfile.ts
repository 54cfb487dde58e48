import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './compose-file.ts';

export interface Instruction {
  readonly name: string;
  /** Without `--flags`. */
  readonly text: string;
  readonly flags: readonly string[];
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The Dockerfile, stage by stage. It has neither continued lines nor heredocs. */
export function readStages(): Stage[] {
  const lines = readFileSync(path.join(root, 'Dockerfile'), 'utf8').split('\n');
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name, rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    if (name === 'FROM') {
      const [base = '', , stage = ''] = rest.split(/\s+/);
      stages.push({ name: stage, base, instructions: [] });
      continue;
    }
    const words = rest.split(/\s+/);
    const flags = words.filter((_word, index) =>
      words.slice(0, index + 1).every((each) => each.startsWith('--')),
    );
    stages.at(-1)?.instructions.push({ name, flags, text: words.slice(flags.length).join(' ') });
  }
  return stages;
}
