import { boundToken } from '@parley/control-plane';
import { AgentId, Role } from '@parley/shared-models';
import { Command, Option } from 'commander';
import { SignJWT } from 'jose';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { numberFrom } from '../number-option.ts';
import { print } from '../output.ts';

const SECRET_LENGTH = 32;

interface TokenOptions {
  readonly sub?: string;
  readonly name?: string;
  readonly roles: readonly string[];
  readonly hours: number;
  readonly issuer?: string;
  readonly audience?: string;
  readonly agent?: string;
  readonly group?: string;
}

/** `parley token`: a token from `AUTH_SECRET`, for development and for who has no sign-in service; or an agent's, from `JOIN_TOKEN`. */
export function tokenCommand(): Command {
  return new Command('token')
    .description(
      'Makes a token for signing in, from the AUTH_SECRET in the environment; with --agent a join token, from the JOIN_TOKEN there.',
    )
    .option('--sub <id>', 'whom it is for: the id that their conversations belong to')
    .option('--name <name>', 'how others see them (default: the id)')
    .addOption(new Option('--roles <roles...>', 'what they may do').choices(Role.options).default(['member']))
    .option('--hours <hours>', 'how long it is valid', numberFrom(0.01, 8784), 12)
    .addOption(new Option('--issuer <issuer>', 'who makes it').env('AUTH_ISSUER'))
    .addOption(new Option('--audience <audience>', 'what it is made for').env('AUTH_AUDIENCE'))
    .option('--agent <id>', 'a JOIN_TOKEN for this agent alone; needs --group')
    .option('--group <group>', 'the group that the agent may join')
    .action(async (options: TokenOptions) => {
      if (options.agent === undefined) print(await sign(options, process.env.AUTH_SECRET ?? ''));
      else print(joinToken(options.agent, options.group, process.env.JOIN_TOKEN ?? ''));
    });
}

function joinToken(id: string, group: string | undefined, secret: string): string {
  const agentId = AgentId.safeParse(id);
  if (!agentId.success) throw new CommandFailure(EXIT.usage, `--agent ${id}: this is no agent's id.`);
  if (group === undefined || group === '')
    throw new CommandFailure(EXIT.usage, 'Say with --group which group the agent may join.');
  if (secret === '') throw new CommandFailure(EXIT.usage, "Set JOIN_TOKEN to the server's own.");
  return boundToken(secret, { agentId: agentId.data, group });
}

function sign({ sub, name, roles, hours, issuer, audience }: TokenOptions, secret: string): Promise<string> {
  if (sub === undefined) throw new CommandFailure(EXIT.usage, 'Say with --sub whom the token is for.');
  if (secret.length < SECRET_LENGTH) {
    throw new CommandFailure(
      EXIT.usage,
      `Set AUTH_SECRET to the server's own, of at least ${SECRET_LENGTH} characters.`,
    );
  }
  const token = new SignJWT({ roles: [...roles], ...(name === undefined ? {} : { name }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000 + hours * 3600));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}
