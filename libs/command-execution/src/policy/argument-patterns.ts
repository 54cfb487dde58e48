import { RE2JS } from 're2js';
import { isInFolders } from './folders.ts';
import type { ArgumentPattern } from './policy-file.ts';

/** Tests one argument of a command that would run in the folder `cwd`. */
type ArgumentTest = (argument: string, cwd: string) => Promise<boolean>;

/** Whether these are arguments that the patterns describe. */
export type ArgumentsTest = (args: readonly string[], cwd: string) => Promise<boolean>;

interface Step {
  readonly test: ArgumentTest;
  readonly times: 'one' | 'optional' | 'any';
}

/**
 * Compares arguments with patterns, one after another, in time proportional to their product.
 * @param resolveFolder makes a folder of the policy's file absolute
 */
export function argumentsTest(
  patterns: readonly ArgumentPattern[] | 'any',
  resolveFolder: (folder: string) => string,
): ArgumentsTest {
  if (patterns === 'any') return async () => true;
  const steps = patterns.map((pattern) => stepOf(pattern, resolveFolder));
  return async (args, cwd) => {
    let places = withSkipped(steps, new Set([0]));
    for (const argument of args) {
      const next = new Set<number>();
      for (const place of places) {
        const step = steps[place];
        if (step === undefined || !(await step.test(argument, cwd))) continue;
        next.add(step.times === 'any' ? place : place + 1);
      }
      if (next.size === 0) return false;
      places = withSkipped(steps, next);
    }
    return places.has(steps.length);
  };
}

/** The places and those that follow them where steps may be left out. */
function withSkipped(steps: readonly Step[], places: ReadonlySet<number>): Set<number> {
  const all = new Set<number>();
  for (let place of places) {
    all.add(place);
    while (steps[place] !== undefined && steps[place]?.times !== 'one') {
      place += 1;
      all.add(place);
    }
  }
  return all;
}

function stepOf(pattern: ArgumentPattern, resolveFolder: (folder: string) => string): Step {
  if (typeof pattern === 'string') return { times: 'one', test: async (argument) => argument === pattern };
  if ('oneOf' in pattern) {
    const texts = new Set(pattern.oneOf);
    return { times: pattern.times, test: async (argument) => texts.has(argument) };
  }
  if ('pathIn' in pattern) {
    const folders = pattern.pathIn.map(resolveFolder);
    const test: ArgumentTest = async (argument, cwd) =>
      !isOption(argument) && (await isInFolders(argument, folders, cwd));
    return { times: pattern.times, test };
  }
  const matches = wholeTextTest(pattern.pattern);
  const test: ArgumentTest = async (argument) =>
    (pattern.mayBeOption || !isOption(argument)) && matches(argument);
  return { times: pattern.times, test };
}

/** Whether an RE2 pattern matches the whole text, in time proportional to its length. */
export function wholeTextTest(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.testExact(text);
}

/** Programs read `-` alone as stdin, and any argument that begins with it as an option, wherever it stands. */
function isOption(argument: string): boolean {
  return argument.startsWith('-');
}
