import type { HttpApi } from '@parley/client';
import { DeadLetter } from '@parley/shared-models';
import { Command, Option } from 'commander';
import { globalOptions, httpApi } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { plain, print, printJson, style, table } from '../output.ts';

/** `parley dead-letters`: messages that nobody could handle. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'Messages that nobody could handle. For operators.',
  );
  command
    .command('list')
    .description('Lists them, the latest first.')
    .addOption(
      new Option('--state <state>', 'only those in this state').choices(DeadLetter.shape.state.options),
    )
    .option('--limit <n>', 'at most so many', numberFrom(1, 500, true), 100)
    .option('--json', 'print them as JSON')
    .action(async ({ state, limit, json }: ListOptions, self: Command) => {
      const { deadLetters: letters } = await httpApi(globalOptions(self)).deadLetters({ state, limit });
      if (json) printJson(letters);
      else if (letters.length === 0) print('There are none.');
      else print(table(['ID', 'DIED AT', 'STATE', 'QUEUE', 'REASON'], letters.map(rowOf)));
    });
  command
    .command('show')
    .description('Shows one with everything that is known about it.')
    .argument('<id>')
    .option('--json', 'print it as JSON')
    .action(async (id: string, { json }: { json?: true }, self: Command) => {
      const letter = await httpApi(globalOptions(self)).deadLetter(id);
      if (json) printJson(letter);
      else showLetter(letter);
    });
  one(command, 'replay', 'Sends it on its way again.', (api, id) => api.replayDeadLetter(id));
  one(command, 'discard', 'Gives it up; it stays in the list.', (api, id) => api.discardDeadLetter(id));
  return command;
}

interface ListOptions {
  readonly state?: DeadLetter['state'];
  readonly limit: number;
  readonly json?: true;
}

function one(
  command: Command,
  name: string,
  description: string,
  act: (api: HttpApi, id: string) => Promise<DeadLetter>,
): void {
  command
    .command(name)
    .description(description)
    .argument('<id>')
    .action(async (id: string, _options: object, self: Command) => {
      const letter = await act(httpApi(globalOptions(self)), id);
      print(`${letter.id} is ${letter.state}.`);
    });
}

const rowOf = ({ id, diedAt, state, queue, reason }: DeadLetter): string[] => [
  id,
  diedAt,
  state,
  queue,
  reason,
];

function showLetter({ headers, body, isBase64, ...facts }: DeadLetter): void {
  for (const [name, value] of [...Object.entries(facts), ...Object.entries(headers)]) {
    print(`${style('bold', plain(name))}: ${plain(String(value))}`);
  }
  print(style('bold', isBase64 ? 'body (base64):' : 'body:'));
  print(plain(body));
}
