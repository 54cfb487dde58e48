import { parseArgs } from 'node:util';
import { shippedAgents } from '@parley/agents';
import { ConfigError } from '@parley/process-kit';
import { AgentId, AgentName } from '@parley/shared-models';

/** The one that is not in `shippedAgents`: it runs nowhere but where somebody starts it on purpose. */
export const SHELL = 'shell';

const AGENTS = [...Object.keys(shippedAgents), SHELL].join(', ');

/** The command line's arguments, parsed. */
export interface AgentArguments {
  readonly use: string;
  /** A user's own file with an agent as its default export; wins over `use`. */
  readonly file?: string;
  readonly name?: string;
  readonly id?: string;
  /** Path of the policy that limits the shell agent's commands. */
  readonly policy?: string;
  /** Whether a policy that allows everything is good where nobody signs in. */
  readonly isTrusting: boolean;
  readonly isHelp: boolean;
}

export const USAGE = `Runs one agent.

  --use <agent>   one that ships: ${AGENTS} [echo]
  --file <path>   your own: a file whose default export is defineAgent({...})
  --name <name>   the name people see [the agent's own]
  --id <id>       take this very id, replacing a process that has it [made of the name]
  --policy <file> what the shell agent may run; without it, nothing
  --allow-everything-without-sign-in
                  join with a policy that allows everything where nobody signs in
  --help          this text and the settings
`;

/** @throws ConfigError that names the argument that is wrong */
export function parseArguments(argv: readonly string[]): AgentArguments {
  const { values } = parse(argv);
  const use = values.use ?? 'echo';
  if (values.file === undefined && use !== SHELL && !Object.hasOwn(shippedAgents, use)) {
    throw new ConfigError(`--use ${use}: there is no such agent. There are: ${AGENTS}.`);
  }
  if (values.name !== undefined && !AgentName.safeParse(values.name).success) {
    throw new ConfigError('--name: 1 to 64 characters.');
  }
  if (values.policy !== undefined && (use !== SHELL || values.file !== undefined)) {
    throw new ConfigError('--policy goes with --use shell: no other agent runs commands.');
  }
  if (values['allow-everything-without-sign-in'] && values.policy === undefined) {
    throw new ConfigError('--allow-everything-without-sign-in goes with --policy.');
  }
  const id = values.id === undefined ? undefined : AgentId.safeParse(values.id);
  if (id?.success === false) throw new ConfigError(`--id ${values.id}: ${id.error.issues[0]?.message}`);
  return {
    use,
    ...(values.file === undefined ? {} : { file: values.file }),
    ...(values.name === undefined ? {} : { name: values.name }),
    ...(values.id === undefined ? {} : { id: values.id }),
    ...(values.policy === undefined ? {} : { policy: values.policy }),
    isTrusting: values['allow-everything-without-sign-in'] ?? false,
    isHelp: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        use: { type: 'string' },
        file: { type: 'string' },
        name: { type: 'string' },
        id: { type: 'string' },
        policy: { type: 'string' },
        'allow-everything-without-sign-in': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
