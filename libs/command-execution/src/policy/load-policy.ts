import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ProcessPlan } from '../runner/run-process.ts';
import { currentUser, findUser, type SystemUser } from '../runner/system-user.ts';
import { type CommandLine, createDecide } from './decide.ts';
import { EVERYTHING, PolicyFile } from './policy-file.ts';
import { findUnboundedRule } from './unbounded-rule.ts';

/** A policy's verdict on one command. */
export type Verdict =
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
      /** Another operator must let it pass first. */
      readonly needsApproval: boolean;
      /** Longest time that it may run, in milliseconds. */
      readonly timeoutMs: number;
      readonly plan: ProcessPlan;
    };

/** Which commands may run, and how. */
export interface Policy {
  /** @throws Error when the machine cannot be asked, which lets nothing pass */
  decide(command: CommandLine): Promise<Verdict>;
  /** Commands that run at once. */
  readonly concurrency: number;
  /** The rule by which an operator can run any command; undefined when no rule allows that. */
  readonly anythingBy: string | undefined;
  /** A line for each rule, for people. */
  readonly summary: readonly string[];
  /** Warnings for the person who starts the agent. */
  readonly warnings: readonly string[];
}

/** The file cannot be read, or holds no policy; the message names the file and every place that is wrong. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/**
 * Reads a policy. Its relative folders stand relative to the file.
 * @throws PolicyError
 */
export async function loadPolicy(file: string): Promise<Policy> {
  const policy = parse(file, await read(file));
  const users = await resolveUsers(file, policy);
  const base = path.dirname(path.resolve(file));
  const decide = createDecide(policy, (folder) => path.resolve(base, folder));
  const userOf = (name: string): SystemUser => {
    const user = users.get(name);
    if (user === undefined) throw new PolicyError(`${file}: there is no user "${name}".`);
    return user;
  };

  return {
    concurrency: policy.concurrency,
    anythingBy: findUnboundedRule(policy),
    summary: summarize(policy),
    warnings: warningsOf(policy, users),
    async decide(command) {
      const decision = await decide(command);
      if (decision.kind === 'refused') return decision;
      const { rule, needsApproval, program, args, cwd, settings } = decision;
      const user = userOf(settings.user ?? policy.user);
      return {
        kind: 'allowed',
        rule,
        needsApproval,
        timeoutMs: settings.timeoutMs ?? policy.timeoutMs,
        plan: {
          program,
          args,
          cwd,
          env: cleanEnvironment(policy.path, user, policy.env),
          user,
          niceness: policy.niceness,
          limits: policy.limits,
          outputLimitBytes: settings.outputLimitBytes ?? policy.outputLimitBytes,
        },
      };
    },
  };
}

async function read(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new PolicyError(`The policy cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PolicyError(`${file} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

function parse(file: string, content: unknown): PolicyFile {
  const parsed = PolicyFile.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new PolicyError(`${file} is no policy:\n${z.prettifyError(parsed.error)}`);
}

/** Every account that the policy names. A process that is not root runs everything as itself. */
async function resolveUsers(file: string, policy: PolicyFile): Promise<ReadonlyMap<string, SystemUser>> {
  const own = currentUser();
  const names = new Set([
    policy.user,
    ...policy.rules.flatMap(({ user }) => (user === undefined ? [] : [user])),
  ]);
  const users = new Map<string, SystemUser>();
  for (const name of names) {
    const user = name === 'same' || own.uid !== 0 ? own : await findUser(name);
    if (user === undefined) throw new PolicyError(`${file}: this machine has no user "${name}".`);
    users.set(name, user);
  }
  return users;
}

function summarize(policy: PolicyFile): string[] {
  const lines = policy.rules.map((rule) => {
    const approval = rule.requireApproval ? ', once another operator has approved it' : '';
    return `${rule.effect === 'deny' ? 'not ' : ''}${rule.name}${rule.description === undefined ? '' : `: ${rule.description}`}${approval}`;
  });
  return policy.everything ? [...lines, `${EVERYTHING}${policy.rules.length > 0 ? ' else' : ''}`] : lines;
}

function warningsOf(policy: PolicyFile, users: ReadonlyMap<string, SystemUser>): string[] {
  const warnings: string[] = [];
  if (policy.everything) warnings.push('the policy allows everything: every operator has this account');
  if ([...users.values()].some(({ uid }) => uid === process.getuid?.())) {
    warnings.push(
      "commands run as this agent's own user: they can read its files, its memory and the environment of the process that started it, and so its secrets; start it as root with another `user` in the policy, and with secrets in files that root alone reads (JOIN_TOKEN_FILE)",
    );
  }
  if (process.getuid?.() === 0 && [...users.values()].some(({ uid }) => uid === 0)) {
    warnings.push('commands may run as root, who can change everything');
  }
  return warnings;
}

/**
 * All that a command finds in its environment: nothing of the agent's own, where secrets are, but for the language.
 * @param own the policy's additions
 */
export function cleanEnvironment(
  path: readonly string[],
  user: SystemUser,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: path.join(':'),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    LANG: process.env.LANG ?? 'C.UTF-8',
    TERM: 'xterm-256color',
    // There is no terminal, but somebody watches: many programs print colours when they are told so.
    FORCE_COLOR: '1',
    CLICOLOR_FORCE: '1',
    ...own,
  };
}
