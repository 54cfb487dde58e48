import { type ArgumentsTest, argumentsTest, wholeTextTest } from './argument-patterns.ts';
import { findProgram, isDeniedProgram, isSameProgram } from './find-program.ts';
import { findFolder, isInside } from './folders.ts';
import { EVERYTHING, type PolicyFile, type Rule } from './policy-file.ts';
import { type SplitLine, splitCommandLine } from './split-command-line.ts';

/** An operator's command line. */
export interface CommandLine {
  readonly line: string;
  /** Absolute, or relative to the policy's first folder. @default that folder */
  readonly cwd?: string | undefined;
}

/** A rule's settings for running the command; the policy's apply where it leaves one out. */
export type RuleSettings = Pick<Rule, 'user' | 'timeoutMs' | 'outputLimitBytes'>;

export type Decision =
  | {
      readonly kind: 'refused';
      /** The rule that refuses it; empty where no rule allows it. */
      readonly rule: string;
      /** For a person; names the rule too. */
      readonly reason: string;
    }
  | {
      readonly kind: 'allowed';
      readonly rule: string;
      readonly needsApproval: boolean;
      /** Absolute. */
      readonly program: string;
      readonly args: readonly string[];
      /** Absolute, without links. */
      readonly cwd: string;
      readonly settings: RuleSettings;
    };

type Allowed = Extract<Decision, { kind: 'allowed' }>;
type Refused = Extract<Decision, { kind: 'refused' }>;

/** Decides about command lines. */
export type Decide = (command: CommandLine) => Promise<Decision>;

/** A command with all that can be known of it before the rules are asked. */
interface Asked {
  readonly line: string;
  readonly split: SplitLine;
  /** The program that the first word stands for. */
  readonly program: string | undefined;
  readonly cwd: string;
}

const SHELL = '/bin/sh';

/**
 * Makes the function that decides by a policy. It allows exactly what it has checked: a program by its path, with these
 * arguments, without a shell unless the rule says so.
 * @param resolveFolder makes a folder of the policy's file absolute
 */
export function createDecide(policy: PolicyFile, resolveFolder: (folder: string) => string): Decide {
  const rules = policy.rules.map((rule) => ({ rule, test: ruleTest(rule, resolveFolder) }));
  const firstFolder = resolveFolder(policy.folders[0] ?? '/');

  const programOf = (rule: Rule): Promise<string | undefined> =>
    'program' in rule ? findProgram(rule.program, policy.path, '/') : Promise.resolve(undefined);

  /** Where it may run, or why it may not. */
  const checkFolder = async (rule: Rule | undefined, cwd: string): Promise<string | undefined> => {
    for (const folder of (rule?.folders ?? policy.folders).map(resolveFolder)) {
      const real = await findFolder(folder, '/');
      if (real !== undefined && isInside(cwd, real)) return undefined;
    }
    return `may not run in ${cwd}`;
  };

  const findDenial = async (asked: Asked): Promise<Refused | undefined> => {
    for (const { rule, test } of rules) {
      if (rule.effect !== 'deny') continue;
      const isDenied =
        rule.shell === true
          ? test.line(asked.line)
          : 'words' in asked.split &&
            (await isDeniedProgram(asked.program, await programOf(rule))) &&
            (await test.args(asked.split.words.slice(1), asked.cwd));
      if (isDenied) return { kind: 'refused', rule: rule.name, reason: `The rule "${rule.name}" denies it.` };
    }
    return undefined;
  };

  const allowBy = async (
    { rule, test }: (typeof rules)[number],
    asked: Asked,
  ): Promise<Allowed | string | undefined> => {
    if (rule.effect !== 'allow') return undefined;
    const run = rule.shell === true ? shellRun(test, asked) : await programRun(rule, test, asked);
    if (run === undefined || typeof run === 'string') return run;
    const problem = await checkFolder(rule, asked.cwd);
    if (problem !== undefined) return problem;
    const { name, requireApproval, user, timeoutMs, outputLimitBytes } = rule;
    return {
      kind: 'allowed',
      rule: name,
      needsApproval: requireApproval,
      ...run,
      cwd: asked.cwd,
      settings: { user, timeoutMs, outputLimitBytes },
    };
  };

  const shellRun = (test: RuleTest, asked: Asked): Pick<Allowed, 'program' | 'args'> | undefined =>
    test.line(asked.line) ? { program: SHELL, args: ['-c', asked.line] } : undefined;

  const programRun = async (
    rule: Rule,
    test: RuleTest,
    { split, program: asked, cwd }: Asked,
  ): Promise<Pick<Allowed, 'program' | 'args'> | string | undefined> => {
    if (!('program' in rule) || 'problem' in split) return undefined;
    const [word, ...args] = split.words;
    const program = await programOf(rule);
    // As the rule has it, or the other way to write the same: the name for the path, the path for the name.
    const isMeant = word === rule.program || (!isWinding(word) && (await isSameProgram(asked, program)));
    if (!isMeant) return undefined;
    if (program === undefined) return `allows ${rule.program}, but this machine does not have it`;
    return (await test.args(args, cwd)) ? { program, args } : 'does not allow these arguments';
  };

  const allowEverything = async (asked: Asked): Promise<Decision> => {
    const refuse = (reason: string): Refused => ({ kind: 'refused', rule: EVERYTHING, reason });
    const problem = await checkFolder(undefined, asked.cwd);
    if (problem !== undefined) return refuse(`The rule "${EVERYTHING}" ${problem}.`);
    const allowed = {
      kind: 'allowed',
      rule: EVERYTHING,
      needsApproval: false,
      cwd: asked.cwd,
      settings: {},
    } as const;
    if (policy.shell) return { ...allowed, program: SHELL, args: ['-c', asked.line] };
    if ('problem' in asked.split) return refuse(describeProblem(asked.split.problem));
    const [word, ...args] = asked.split.words;
    if (asked.program === undefined) return refuse(`There is no program "${shorten(word)}".`);
    return { ...allowed, program: asked.program, args };
  };

  return async ({ line, cwd: wanted }) => {
    const hasShell =
      policy.shell || policy.rules.some((rule) => rule.shell === true && rule.effect === 'allow');
    const refused = findRefusedCharacter(line, hasShell);
    if (refused !== undefined) return nothingAllows(`A command line must not hold ${refused}.`);
    const cwd = wanted?.includes('\0') ? undefined : await findFolder(wanted ?? '.', firstFolder);
    if (cwd === undefined) return nothingAllows(`There is no folder ${shorten(wanted ?? firstFolder)}.`);
    const split = findRefusedCharacter(line, false) === undefined ? splitCommandLine(line) : LINE_BREAK;
    const program = 'words' in split ? await findProgram(split.words[0], policy.path, cwd) : undefined;
    const asked: Asked = { line, split, program, cwd };

    const denial = await findDenial(asked);
    if (denial !== undefined) return denial;
    let nearMiss: Refused | undefined;
    for (const candidate of rules) {
      const result = await allowBy(candidate, asked);
      if (typeof result === 'object') return result;
      const { name } = candidate.rule;
      if (result !== undefined)
        nearMiss ??= { kind: 'refused', rule: name, reason: `The rule "${name}" ${result}.` };
    }
    if (policy.everything) return allowEverything(asked);
    if (nearMiss !== undefined) return nearMiss;
    return 'problem' in split
      ? nothingAllows(describeProblem(split.problem))
      : nothingAllows(`No rule allows "${shorten(split.words[0])}".`);
  };
}

const LINE_BREAK: SplitLine = { problem: 'it has several lines' };

interface RuleTest {
  readonly args: ArgumentsTest;
  line(line: string): boolean;
}

function ruleTest(rule: Rule, resolveFolder: (folder: string) => string): RuleTest {
  if (rule.shell === true) {
    const { line } = rule;
    const test =
      'pattern' in line ? wholeTextTest(line.pattern) : (text: string) => line.oneOf.includes(text);
    return { args: async () => false, line: test };
  }
  const args = rule.args ?? (rule.effect === 'deny' ? 'any' : []);
  return { args: argumentsTest(args, resolveFolder), line: () => false };
}

/** A path that is not in its normal form is allowed only by a policy that allows everything. */
function isWinding(word: string): boolean {
  return word.includes('/') && (!word.startsWith('/') || /\/\.{0,2}(\/|$)/.test(word));
}

function nothingAllows(reason: string): Refused {
  return { kind: 'refused', rule: '', reason };
}

function describeProblem(problem: string): string {
  return `No rule allows shell syntax here: ${problem}.`;
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Names for the text of a refusal. */
const CONTROL_NAMES: Readonly<Record<string, string>> = {
  '\0': 'a NUL character',
  '\n': 'a line break',
  '\r': 'a carriage return',
};

/** Characters that turn the direction of text: a person who approves the line would see another than the one that runs. */
const INVISIBLE = /[\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}-\u{202e}\u{2066}-\u{2069}]/u;
const CONTROL = /[\p{Cc}--\t]/v;
/** Line breaks belong to shell scripts. */
const CONTROL_IN_SCRIPT = /[\p{Cc}--[\t\n]]/v;

/**
 * Finds a character that no rule can allow in a command line: it would be lost or changed on the way to the program, or
 * read differently by people and by programs. Undefined when there is no such character.
 * @param isScript a shell gets it: it may have several lines
 */
function findRefusedCharacter(line: string, isScript: boolean): string | undefined {
  // Half a character would become U+FFFD, which the rules have not checked.
  if (!line.isWellFormed()) return 'half of a UTF-16 pair';
  const control = (isScript ? CONTROL_IN_SCRIPT : CONTROL).exec(line)?.[0];
  if (control !== undefined) return CONTROL_NAMES[control] ?? `the control character ${codeOf(control)}`;
  const invisible = INVISIBLE.exec(line)?.[0];
  return invisible === undefined ? undefined : `the invisible character ${codeOf(invisible)}`;
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
