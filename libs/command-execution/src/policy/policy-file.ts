import path from 'node:path';
import { RE2JS } from 're2js';
import { z } from 'zod';

const MiB = 1024 * 1024;

const Pattern = z
  .string()
  .max(1_000)
  .superRefine((pattern, context) => {
    try {
      RE2JS.compile(pattern);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `no RE2 pattern: ${(error as Error).message}` });
    }
  });

/** A folder, absolute or relative to the policy's file. */
const Folder = z.string().min(1).max(4_096);
const Times = z.enum(['one', 'optional', 'any']).default('one');

/**
 * One argument, or with `times` none or one (`optional`), or any number of them (`any`).
 * A text: exactly this. `oneOf`: exactly one of these. `pattern`: an RE2 pattern for the whole argument. `pathIn`: a path
 * that lies, symbolic links followed, in one of these folders.
 * An argument with a dash at its beginning fits `pattern` and `pathIn` only with `mayBeOption`.
 */
export const ArgumentPattern = z.union([
  z.string().max(4_096),
  z.strictObject({ oneOf: z.array(z.string().max(4_096)).min(1), times: Times }),
  z.strictObject({ pattern: Pattern, mayBeOption: z.boolean().default(false), times: Times }),
  z.strictObject({ pathIn: z.array(Folder).min(1), times: Times }),
]);
export type ArgumentPattern = z.infer<typeof ArgumentPattern>;

/** Settings that a rule may override. */
const ruleSettings = {
  /** Folders in which the command may run. @default the policy's */
  folders: z.array(Folder).min(1).optional(),
  /** Another operator must let each of these commands pass. @default false */
  requireApproval: z.boolean().default(false),
  /** The account that it runs as, when the agent runs as root; `same`: the agent's own. @default the policy's */
  user: z.string().min(1).max(64).optional(),
  /** Longest time that it may run, in milliseconds. @default the policy's */
  timeoutMs: z.number().int().positive().max(86_400_000).optional(),
  /** Bytes that it may print. @default the policy's */
  outputLimitBytes: z
    .number()
    .int()
    .positive()
    .max(16 * MiB)
    .optional(),
};

const rule = {
  /** Shown where the rule refuses or asks for an approval. Unique. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, '1 to 64 letters, digits, spaces, ".", "_", "-"'),
  /** For people. */
  description: z.string().max(500).optional(),
  effect: z.enum(['allow', 'deny']).default('allow'),
};

/** The command is split into words and run without a shell. */
export const ProgramRule = z.strictObject({
  ...rule,
  ...ruleSettings,
  shell: z.literal(false).optional(),
  /** Absolute, or a name that is looked up in the policy's `path`. */
  program: z
    .string()
    .max(4_096)
    .refine((text) => path.isAbsolute(text) || /^[^/\s]+$/.test(text), 'an absolute path, or a name'),
  /** One after another; `any`: all arguments. @default none for `allow`, `any` for `deny` */
  args: z.union([z.literal('any'), z.array(ArgumentPattern).max(200)]).optional(),
});

/** The whole command line goes to /bin/sh. */
export const ShellRule = z.strictObject({
  ...rule,
  ...ruleSettings,
  shell: z.literal(true),
  /** The whole line, with all that a shell makes of it: an RE2 pattern, or one of these texts. */
  line: z.union([
    z.strictObject({ pattern: Pattern }),
    z.strictObject({ oneOf: z.array(z.string().max(32_768)).min(1) }),
  ]),
});

/** The contents of a policy's file. */
export const PolicyFile = z
  .strictObject({
    /** Purpose of the policy, for people. */
    description: z.string().max(1_000).optional(),
    /** Read in order; a rule that denies wins over any that allows. @default none */
    rules: z
      .array(z.union([ProgramRule, ShellRule]))
      .max(1_000)
      .default([]),
    /** Allows every command that no rule denies. @default false */
    everything: z.boolean().default(false),
    /** With `everything`: each line goes to /bin/sh, else it is one program with its arguments. @default false */
    shell: z.boolean().default(false),
    /** Folders in which programs are looked up; the PATH of commands. */
    path: z
      .array(z.string().refine((folder) => path.isAbsolute(folder), 'an absolute path'))
      .min(1)
      .default(['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']),
    /** Folders in which commands may run; the first is where they run unless they say otherwise. */
    folders: z.array(Folder).min(1).default(['/tmp']),
    /** The account that commands run as, when the agent runs as root; `same`: the agent's own. */
    user: z.string().min(1).max(64).default('nobody'),
    /** Added to the environment of commands. */
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().max(32_768)).default({}),
    /** Commands that run at once; further ones wait. */
    concurrency: z.number().int().min(1).max(100).default(4),
    /** Longest time that a command may run, in milliseconds. */
    timeoutMs: z.number().int().positive().max(86_400_000).default(600_000),
    /** Bytes that a command may print; the rest is dropped. */
    outputLimitBytes: z
      .number()
      .int()
      .positive()
      .max(16 * MiB)
      .default(MiB),
    /** How far a command stands back for others, 0 to 19. */
    niceness: z.number().int().min(0).max(19).default(10),
    /** Limits of a command's resources. */
    limits: z
      .strictObject({
        /** Processes and threads of a command. For root processes only, looked at ten times a second. */
        processes: z.number().int().min(1).max(100_000).default(128),
        /** Private memory of each process, in bytes. */
        memoryBytes: z
          .number()
          .int()
          .min(16 * MiB)
          .default(1024 * MiB),
        /** Open files of each process. */
        openFiles: z.number().int().min(16).default(1_024),
        /** Size of each file that it writes, in bytes. @default no limit */
        fileBytes: z.number().int().positive().optional(),
      })
      .prefault({}),
  })
  .superRefine(({ rules, everything, shell }, context) => {
    const names = new Set<string>();
    for (const [index, { name }] of rules.entries()) {
      if (names.has(name) || name === EVERYTHING) {
        const message = name === EVERYTHING ? 'this name is taken' : `a second rule named "${name}"`;
        context.addIssue({ code: 'custom', path: ['rules', index, 'name'], message });
      }
      names.add(name);
    }
    if (shell && !everything) {
      context.addIssue({
        code: 'custom',
        path: ['shell'],
        message: 'goes with "everything"; a rule has its own',
      });
    }
  });
export type PolicyFile = z.infer<typeof PolicyFile>;
export type Rule = PolicyFile['rules'][number];

/** The name of `everything` where a rule is named. */
export const EVERYTHING = 'everything';
