import { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { globalOptions, httpApi } from '../global-options.ts';
import { plain, print, printJson, style } from '../output.ts';

/** `parley doctor`: checks of the installation, with remedies. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Checks what Parley needs, one thing after the other. Exit code 1 when something is wrong.')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      '\nLooks at GRPC_URL, AMQP_URL, DATA_DIR and the settings of the language model in the environment, as the processes do.',
    )
    .action(async ({ json }: { json?: true }, command: Command) => {
      const options = globalOptions(command);
      // The clients of gRPC and AMQP take their time to load, and no other command needs them.
      const { runChecks } = await import('../doctor/run-checks.ts');
      const findings = await runChecks(httpApi(options), options);
      if (json) printJson(findings);
      else {
        for (const { name, isOk, found, advice } of findings) {
          const mark = isOk ? style('green', 'ok  ') : style('red', 'fail');
          print(`${mark} ${name}: ${plain(found)}`);
          if (!isOk && advice !== undefined) print(`     → ${plain(advice)}`);
        }
      }
      if (findings.some(({ isOk }) => !isOk)) process.exitCode = EXIT.failed;
    });
}
