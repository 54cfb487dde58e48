// Not the whole kit: a logger takes its time to load.
import { redactUrls } from '@parley/process-kit/redact-urls';
import { CommanderError } from 'commander';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { endWithReader, plain, printError, style } from './output.ts';
import { createProgram } from './program.ts';

endWithReader();
try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    // It has printed the error by itself.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    printError(style('red', plain(redactUrls(message)), process.stderr));
    process.exitCode = exitCodeOf(error);
  }
}
