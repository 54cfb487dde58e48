import { Role } from '@parley/shared-models';
import { Command, InvalidArgumentError, Option } from 'commander';
import { globalOptions, httpApi } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { print } from '../output.ts';
import type { TokenOptions } from '../token/make-token.ts';

/** `parley token`: a token from `AUTH_SECRET`, for use without a sign-in service; or an agent's, from `JOIN_TOKEN`. */
export function tokenCommand(): Command {
  const command = new Command('token')
    .description(
      'Makes a token for signing in, from the AUTH_SECRET in the environment; with --agent a join token, from the JOIN_TOKEN there. Either may stand in the file that AUTH_SECRET_FILE or JOIN_TOKEN_FILE names.',
    )
    .option('--sub <id>', 'whom it is for: the id that their conversations belong to')
    .option('--name <name>', 'how others see them (default: the id)')
    .addOption(new Option('--roles <roles...>', 'what they may do').choices(Role.options).default(['member']))
    .addOption(
      new Option(
        '--expires <time>',
        'how long it is valid: 30m, 12h, 90d (default: 12h; with --agent: 90d)',
      ).argParser(hoursFrom),
    )
    // As it was called before.
    .addOption(new Option('--hours <hours>').argParser(numberFrom(0.01, LONGEST_HOURS)).hideHelp())
    .addOption(new Option('--issuer <issuer>', 'who makes it').env('AUTH_ISSUER'))
    .addOption(new Option('--audience <audience>', 'what it is made for').env('AUTH_AUDIENCE'))
    .option('--agent <id>', 'a JOIN_TOKEN for this agent alone; needs --group')
    .option('--group <group>', 'the group that the agent may join')
    .action(async ({ hours, ...given }: TokenOptions & { readonly hours?: number }) => {
      const options = { ...given, ...(hours === undefined ? {} : { expires: hours }) };
      // The signing library takes its time to load, and no other command needs it.
      const { joinToken, secretOf, signInToken } = await import('../token/make-token.ts');
      const token =
        options.agent === undefined
          ? await signInToken(options, secretOf('AUTH_SECRET'))
          : joinToken(options.agent, options, secretOf('JOIN_TOKEN'));
      print(token);
    });
  command
    .command('revoke')
    .description(
      'Revokes a token before its end: it counts no more, and its connections are closed. For operators.',
    )
    .argument('<token>', "the token or its id, which the audit shows with the agent's registrations")
    .action(async (given: string, _options: object, self: Command) => {
      const { tokenIdOf } = await import('../token/make-token.ts');
      const { tokenId } = await httpApi(globalOptions(self)).revokeToken({ tokenId: tokenIdOf(given) });
      print(`${tokenId} is revoked.`);
    });
  return command;
}

/** A year and a day. */
const LONGEST_HOURS = 8784;
const HOURS = { m: 1 / 60, h: 1, d: 24 } as const;

function hoursFrom(value: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([mhd])$/.exec(value.trim()) ?? [];
  const hours = Number(number) * HOURS[unit as keyof typeof HOURS];
  if (hours >= 0.01 && hours <= LONGEST_HOURS) return hours;
  throw new InvalidArgumentError('a time such as 30m, 12h or 90d, at most 366d.');
}
