// Not the whole kit: a logger takes its time to load.
import { accessTokenFor } from '@parley/process-kit/access-token';
import { settings } from '@parley/process-kit/settings';
import { Command, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { agentsCommand } from './commands/agents.ts';
import { auditCommand } from './commands/audit.ts';
import { chatCommand } from './commands/chat.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { doctorCommand } from './commands/doctor.ts';
import { loadCommand } from './commands/load.ts';
import { runCommand } from './commands/run.ts';
import { sendCommand } from './commands/send.ts';
import { tokenCommand } from './commands/token.ts';
import { upCommand } from './commands/up.ts';
import { watchCommand } from './commands/watch.ts';
import { EXIT_CODES_HELP } from './exit-codes.ts';
import { printRaw } from './output.ts';

/** Takes this account's access token for its own server, where no other token was given. */
async function useAccessToken(program: Command): Promise<void> {
  const { url, token } = program.opts<{ url: string; token?: string }>();
  // The command that needs the URL reports an invalid one.
  if (token !== undefined || !URL.canParse(url)) return;
  const own = await accessTokenFor(url, settings.dataDir.parse(process.env.DATA_DIR ?? ''));
  if (own !== undefined) program.setOptionValueWithSource('token', own, 'implied');
}

/** The `parley` command with all of its own: one file each in `commands/`. */
export function createProgram(): Command {
  const program = new Command('parley')
    .description('Talks to Parley from the terminal.')
    .addOption(
      new Option('--url <url>', 'the Parley server').env('PARLEY_URL').default('http://127.0.0.1:8080'),
    )
    // Its value would be shown as the default.
    .addOption(new Option('--token <token>', 'token that shows who you are').env('PARLEY_TOKEN'))
    .addOption(
      new Option('--raw', 'print what others wrote as it is, with all control characters').default(false),
    )
    .version(manifest.version, '--version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help tells more)')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride()
    .hook('preAction', useAccessToken);
  const commands = [
    sendCommand(),
    chatCommand(),
    agentsCommand(),
    watchCommand(),
    loadCommand(),
    doctorCommand(),
    deadLettersCommand(),
    runCommand(),
    auditCommand(),
    tokenCommand(),
    upCommand(),
  ];
  for (const command of commands) {
    command.addHelpText('after', EXIT_CODES_HELP).copyInheritedSettings(program);
    for (const inner of command.commands)
      inner.addHelpText('after', EXIT_CODES_HELP).copyInheritedSettings(program);
    program.addCommand(command);
  }
  program.hook('preAction', (_program, command) => printRaw(command.optsWithGlobals<{ raw: boolean }>().raw));
  return program;
}
