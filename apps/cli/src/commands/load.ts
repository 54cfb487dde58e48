import { Command } from 'commander';
import { connect } from '../connect.ts';
import { EXIT } from '../exit-codes.ts';
import { type GlobalOptions, globalOptions } from '../global-options.ts';
import { summarize } from '../load/load-summary.ts';
import { loadTable } from '../load/load-table.ts';
import { type LoadPlan, runLoad } from '../load/run-load.ts';
import { numberFrom } from '../number-option.ts';
import { print, printError, printJson } from '../output.ts';
import { targetOf } from '../target.ts';

interface LoadOptions {
  readonly clients: number;
  readonly duration: number;
  readonly interval: number;
  readonly timeout: number;
  readonly text: string;
  readonly to?: string;
  readonly json?: true;
}

/** `parley load`: many clients that write and wait for answers. */
export function loadCommand(): Command {
  return new Command('load')
    .description(
      'Puts load on Parley and prints how it did. Exit code 1 when not every message was answered.',
    )
    .option(
      '--clients <n>',
      'clients at once, each with a connection and a conversation',
      numberFrom(1, 10_000, true),
      10,
    )
    .option('--duration <seconds>', 'how long they write', numberFrom(0.1, 86_400), 30)
    .option(
      '--interval <ms>',
      'rest of each client between an answer and its next message',
      numberFrom(0, 3_600_000),
      1000,
    )
    .option(
      '--timeout <seconds>',
      'a message without an answer for this long is an error',
      numberFrom(0.1, 3600),
      30,
    )
    .option('--text <text>', 'what they write; # becomes a number', 'echo load test #')
    .option('--to <agent>', 'the name of the agent that shall answer')
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      '\nEach client waits for its answer before it writes again. The server takes RATE_LIMIT frames a second from one\nconnection (100): with --interval 0 and a fast agent set RATE_LIMIT=off there.',
    )
    .action(load);
}

async function load(options: LoadOptions, command: Command): Promise<void> {
  const global = globalOptions(command);
  const plan: LoadPlan = {
    clients: options.clients,
    durationMs: options.duration * 1000,
    intervalMs: options.interval,
    timeoutMs: options.timeout * 1000,
    text: options.text,
    ...targetOf(options.to),
  };
  await checkThere(global);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal);
  if (process.stderr.isTTY) printError(`${plan.clients} clients write for ${options.duration} s …`);
  const outcome = await runLoad(
    plan,
    (number) => connect({ ...global, clientName: `parley load ${number}` }),
    stop.signal,
  );
  process.off('SIGINT', onSignal);
  const summary = summarize(outcome);
  if (options.json) {
    printJson({ clients: plan.clients, durationSeconds: options.duration, url: global.url, ...summary });
  } else {
    print(loadTable({ clients: plan.clients, duration: options.duration, url: global.url }, summary));
  }
  if (summary.received < summary.sent || summary.errors > 0 || summary.sent === 0)
    process.exitCode = EXIT.failed;
}

/** One clear line instead of one error for each client. */
async function checkThere(global: GlobalOptions): Promise<void> {
  await (await connect(global)).close();
}
