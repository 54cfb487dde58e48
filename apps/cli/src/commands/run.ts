import type { Client, CommandRun } from '@parley/client';
import { type CommandRecord, isFinalCommandState, ParleyError, shownText } from '@parley/shared-models';
import { Command } from 'commander';
import { connect } from '../connect.ts';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { globalOptions, httpApi } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { plain, printError, printJson, style, table } from '../output.ts';
import { exitCodeOfCommand, RUN_EXIT_CODES_HELP } from '../run/exit-code.ts';
import { outputWriter } from '../run/output-writer.ts';
import { agentIdsOf, commandLineOf } from '../run/run-arguments.ts';

interface RunOptions {
  readonly timeout: number;
  readonly cwd?: string;
  readonly json?: true;
}

/** `parley run`: a command on the machine of an agent, as if it ran here. */
export function runCommand(): Command {
  return new Command('run')
    .description("Runs a command on an agent's machine. For operators.")
    .argument('<agent>', 'its name or id; several, separated by commas, get the command all at once')
    .argument('<command...>', 'the program and its arguments, after "--"')
    .option('--timeout <seconds>', 'stop it after this time', numberFrom(0.1, 86_400), 600)
    .option('--cwd <folder>', 'folder to run it in')
    .option('--json', 'print what became of it as JSON on stdout instead of its output')
    .addHelpText('after', `${RUN_EXIT_CODES_HELP}\n\nExample: parley run web-1,web-2 -- df -h`)
    .action((agent: string, words: string[], options: RunOptions, command: Command) =>
      run(agent, words, options, command),
    );
}

async function run(
  agents: string,
  words: readonly string[],
  options: RunOptions,
  command: Command,
): Promise<void> {
  const global = globalOptions(command);
  const agentIds = agentIdsOf(agents, (await httpApi(global).agents()).agents);
  const client = await connect(global);
  try {
    const [first = ''] = agentIds;
    const names = new Map<string, string>();
    const writer = outputWriter(agentIds.length > 1, undefined, undefined, global.isRaw);
    const mine = new Set<string>();
    client.on('command.output', ({ id, stream, data }) => {
      if (mine.has(id) && !options.json) writer.write(id, names.get(id) ?? id, stream, data);
    });
    client.on('command.status', ({ id, command: record }) => {
      if (!mine.has(id)) return;
      names.set(id, record.agentName);
      if (record.state === 'awaiting_approval') tellWaiting(record);
    });
    const started = client.run({
      ...(agentIds.length > 1 ? { agentIds } : { agentId: first }),
      command: commandLineOf(words),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      timeoutMs: Math.round(options.timeout * 1000),
    });
    for (const id of started.commandIds) mine.add(id);
    const records = await untilEnded(client, started);
    writer.end();
    if (options.json) printJson(records.length === 1 ? records[0] : records);
    else if (records.length > 1) printSummary(records);
    else for (const record of records) tellEnd(record);
    process.exitCode = exitCodeOfCommand(records);
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'unknown_agent')
      throw new CommandFailure(EXIT.failed, error.message);
    throw error;
  } finally {
    await client.close();
  }
}

/** The first Ctrl-C stops the command there, the second leaves it alone. */
async function untilEnded(client: Client, started: CommandRun): Promise<readonly CommandRecord[]> {
  const left = Promise.withResolvers<never>();
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) {
      left.reject(new CommandFailure(130, 'Left it alone: it may still run there.'));
      return;
    }
    isStopping = true;
    if (process.stderr.isTTY) printError('Stopping it; Ctrl-C again leaves it alone.');
    for (const id of started.commandIds) client.frame({ type: 'command.cancel', id });
  };
  const stopAgain = client.on('connection', ({ state }) => {
    if (isStopping && state === 'open')
      for (const id of started.commandIds) client.frame({ type: 'command.cancel', id });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  try {
    return await Promise.race([started.ended, left.promise]);
  } finally {
    stopAgain();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
}

function tellWaiting({ agentName, command, rule }: CommandRecord): void {
  const because = rule === undefined ? '' : ` (rule "${rule}")`;
  // As the approver sees it.
  const waiting = `${agentName}: waits for somebody's approval${because}: ${shownText(command)}`;
  printError(style('dim', plain(waiting), process.stderr));
}

/** Prints the details that the exit code does not tell. */
function tellEnd({ state, errorMessage, rule, truncated }: CommandRecord): void {
  if (truncated) printError('Some of the output was left out: there was too much.');
  if (state === 'succeeded' || (state === 'failed' && errorMessage === undefined)) return;
  const because = rule === undefined || state !== 'refused' ? '' : ` (rule "${rule}")`;
  printError(
    plain(`${state.replace('_', ' ')}${because}${errorMessage === undefined ? '' : `: ${errorMessage}`}`),
  );
}

function printSummary(records: readonly CommandRecord[]): void {
  const rows = records.map(({ agentName, state, exitCode, durationMs, errorMessage }) => [
    agentName,
    state,
    exitCode === undefined ? '' : String(exitCode),
    durationMs === undefined ? '' : `${Math.round(durationMs)} ms`,
    errorMessage ?? '',
  ]);
  printError(table(['AGENT', 'STATE', 'EXIT', 'TIME', ''], rows));
  const ended = records.filter(({ state }) => isFinalCommandState(state) && state === 'succeeded').length;
  printError(`${ended} of ${records.length} succeeded.`);
}
