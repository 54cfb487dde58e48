import path from 'node:path';
import { wholeTextTest } from './argument-patterns.ts';
import { type ArgumentPattern, EVERYTHING, type PolicyFile, type Rule } from './policy-file.ts';

/** Programs that run their arguments: a shell, an interpreter, or one that starts another program. */
const RUNNERS =
  /^(?:(?:ba|da|a|z|k|c|tc|fi)?sh|busybox|(?:python|pypy|perl|ruby|node|deno|bun|php|lua|tclsh|expect|[gmn]?awk)[\d.]*|env|xargs|find|nohup|nice|ionice|timeout|setsid|stdbuf|time|watch|strace|gdb|sudo|doas|su|runuser|chroot|unshare|nsenter|setpriv|ssh|at|batch|crontab|systemd-run|script|screen|tmux|parallel|docker|podman|nerdctl|kubectl|ctr|lxc|npx)$/;
/** Programs that run others with some options only. */
const RUNNERS_BY_OPTION = /^(?:make|npm|pnpm|yarn|git|vi|vim|ed|sed|tar|rsync|less|man)$/;

/**
 * The rule by which an operator can run anything with the account of the commands: `everything`, a shell line or the
 * arguments of a shell or an interpreter that may be any text. That others must approve it changes nothing where nobody
 * signs in, for there one person is both. A rule that denies does not close it.
 * @returns undefined where no rule says so; a program that runs others in some way of its own is not known here
 */
export function findUnboundedRule(policy: PolicyFile): string | undefined {
  if (policy.everything) return EVERYTHING;
  return policy.rules.find((rule) => rule.effect === 'allow' && isUnbounded(rule))?.name;
}

/** Characters by which a shell begins something else. */
const ACTING = [';', '|', '&', '$', '`', '(', '\n'];
/** Texts that occur in a program's name or an interpreter's line. */
const WORDS = ['a', 'e', '/', ...ACTING];

function isUnbounded(rule: Rule): boolean {
  if (rule.shell === true) return 'pattern' in rule.line && mayVary(rule.line.pattern, ACTING);
  const program = path.basename(rule.program);
  if (rule.args === 'any') return RUNNERS.test(program) || RUNNERS_BY_OPTION.test(program);
  return RUNNERS.test(program) && (rule.args ?? []).some(isFree);
}

const isFree = (argument: ArgumentPattern): boolean =>
  typeof argument === 'object' && 'pattern' in argument && mayVary(argument.pattern, WORDS);

/** A part of an RE2 pattern that stands for one of several characters: `.`, a class, or an escape for many. */
const SEVERAL = /\\[pP](?:\{[^}]*\}|.)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\./g;

/** Whether some place of a text that fits may hold one of these characters or another. */
function mayVary(pattern: string, characters: readonly string[]): boolean {
  return (pattern.match(SEVERAL) ?? [])
    .filter((part) => !/^\\[^dDsSwWpPC]/.test(part))
    .some((part) => {
      const fits = wholeTextTest(part);
      return characters.some((character) => fits(character));
    });
}
