import { Role } from '@parley/shared-models';
import { Command, Option } from 'commander';
import { numberFrom } from '../number-option.ts';
import { print } from '../output.ts';
import type { TokenOptions } from '../token/make-token.ts';

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
      // What signs takes its time to load, and no other command needs it.
      const { joinToken, signInToken } = await import('../token/make-token.ts');
      const token =
        options.agent === undefined
          ? await signInToken(options, process.env.AUTH_SECRET ?? '')
          : joinToken(options.agent, options.group, process.env.JOIN_TOKEN ?? '');
      print(token);
    });
}
