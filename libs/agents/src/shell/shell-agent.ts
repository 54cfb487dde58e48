import {
  type AgentDefinition,
  type CommandContext,
  type CommandOutcome,
  defineAgent,
} from '@parley/agent-kit';
import { findLaunchers, type Policy, runProcess } from '@parley/command-execution';
import { CAPABILITIES } from '@parley/shared-models';

/** Refusal of a command by an agent without a policy, for the operator. */
export const POLICY_OFF =
  'This agent runs no commands: it was started without a policy. To switch them on: nx serve agent -- --use shell --policy policies/example.json';

/**
 * Runs operators' commands on the machine where it lives, as far as its policy lets it; nothing that is written in chat.
 * @param policy undefined: everything is refused
 * @param options `isTrusting`: a policy that allows everything is good for a server where nobody signs in too
 */
export function createShellAgent(
  policy: Policy | undefined,
  { isTrusting = false }: { readonly isTrusting?: boolean } = {},
): AgentDefinition {
  const unbounded = isTrusting ? undefined : policy?.anythingBy;
  return defineAgent({
    name: 'Shell',
    description:
      policy === undefined
        ? 'Runs commands, once it has a policy'
        : "Runs operators' commands on its machine",
    capabilities: policy === undefined ? [] : [CAPABILITIES.executesCommands],
    keywords: ['shell', 'terminal'],
    examples: ['Which commands can you run?', 'What does the shell agent do?'],
    ...(policy === undefined ? {} : { commandConcurrency: policy.concurrency }),
    ...(unbounded === undefined ? {} : { needsSignIn: needsSignIn(unbounded) }),
    onMessage: () => introduce(policy),
    onCommand: (context) =>
      policy === undefined ? { refusedBy: '', errorMessage: POLICY_OFF } : execute(policy, context),
  });
}

/** By which a person says that nobody has to sign in. */
export const TRUSTING_FLAG = '--allow-everything-without-sign-in';

const needsSignIn = (rule: string): string =>
  `The policy allows everything by its rule "${rule}", and whoever reaches that server could use it. Have people sign in there (AUTH_SECRET or AUTH_JWKS_URL), or start this agent with ${TRUSTING_FLAG}.`;

async function execute(policy: Policy, context: CommandContext): Promise<CommandOutcome> {
  const { command, begin, output, signal, logger } = context;
  const verdict = await policy.decide(command);
  if (verdict.kind === 'refused') {
    logger.info({ rule: verdict.rule, requestedBy: command.requestedBy }, 'refused a command');
    return { refusedBy: verdict.rule, errorMessage: verdict.reason };
  }
  const { rule, timeoutMs } = verdict;
  if (verdict.needsApproval && command.approvedBy === undefined) return { awaitsApprovalBy: rule };
  await begin({ rule, timeoutMs });
  // It may have waited long for its turn: folders and links are looked at again.
  const now = await policy.decide(command);
  if (now.kind === 'refused' || now.rule !== rule) {
    return {
      errorMessage: now.kind === 'refused' ? now.reason : `The rule "${rule}" does not allow it any more.`,
    };
  }
  const { plan } = now;
  const { requestedBy, approvedBy } = command;
  logger.info(
    { rule, program: plan.program, user: plan.user.name, requestedBy, approvedBy },
    'runs a command',
  );
  const end = await runProcess(
    { ...plan, outputLimitBytes: Math.min(plan.outputLimitBytes, command.outputLimitBytes) },
    {
      commandId: command.id,
      signal,
      launchers: await findLaunchers(),
      onOutput: (stream, text) => output[stream](text),
      onUnguarded: (err) => logger.warn({ err }, 'should this agent die, the command would outlive it'),
    },
  );
  logger.info(
    { rule, exitCode: end.exitCode, signal: end.signal, durationMs: end.durationMs },
    'a command has ended',
  );
  return end;
}

function introduce(policy: Policy | undefined): string {
  const what =
    'I run commands on the machine where I live. They come from operators: from the page *Commands*, or from `parley run shell -- uptime`. What is written in chat I do not run.';
  if (policy === undefined) return `${what}\n\nRight now I run none at all. ${POLICY_OFF}`;
  if (policy.summary.length === 0) return `${what}\n\nMy policy has no rules, so I refuse all of them.`;
  return `${what}\n\nMy policy knows:\n\n${policy.summary.map((line) => `- ${line}`).join('\n')}`;
}
