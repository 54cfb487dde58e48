import { type ChatMessage, Id } from '@parley/shared-models';
import { Command } from 'commander';
import { connect } from '../connect.ts';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { globalOptions } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { plain, print, printError, printJson, style } from '../output.ts';
import { targetOf } from '../target.ts';
import { within } from '../within.ts';

interface SendOptions {
  readonly to?: string;
  readonly conversation?: string;
  readonly timeout: number;
  readonly json?: true;
  readonly wait: boolean;
}

/** `parley send`: one message, and its answer on stdout. */
export function sendCommand(): Command {
  return new Command('send')
    .description('Sends one message and prints the answer.')
    .argument('[text...]', 'what to write; without it, or as "-", what is piped in')
    .option('--to <agent>', 'the name of the agent that shall answer')
    .option('--conversation <id>', 'go on in this conversation')
    .option('--timeout <seconds>', 'how long to wait for the answer', numberFrom(0.1, 86_400), 60)
    .option('--no-wait', 'print the message id once it is accepted, and do not wait for the answer')
    .option('--json', 'print the whole answer as JSON')
    .addHelpText('after', '\nExample: git diff | parley send --to Reviewer')
    .action(async (words: string[], options: SendOptions, command: Command) => send(words, options, command));
}

async function send(words: readonly string[], options: SendOptions, command: Command): Promise<void> {
  const global = globalOptions(command);
  const { conversation, timeout, json, wait } = options;
  if (conversation !== undefined && !Id.safeParse(conversation).success) {
    throw new CommandFailure(EXIT.usage, `--conversation ${conversation}: a UUID is needed.`);
  }
  const target = targetOf(options.to);
  const text = await textOf(words);
  const client = await connect(global);
  try {
    const sent = client.send({
      text,
      ...target,
      ...(conversation === undefined ? {} : { conversationId: conversation }),
    });
    const { id, conversationId } = sent;
    await within(timeout, sent.accepted);
    if (!wait) {
      if (json) printJson({ id, conversationId });
      else print(id);
      return;
    }
    const answer: ChatMessage = await within(timeout, sent.answered);
    if (json) {
      printJson(answer);
      return;
    }
    if (process.stderr.isTTY) printError(style('dim', `${plain(answer.sender.name)}:`, process.stderr));
    print(process.stdout.isTTY ? plain(answer.text) : answer.text);
  } finally {
    await client.close();
  }
}

async function textOf(words: readonly string[]): Promise<string> {
  const given = words.join(' ');
  if (given !== '' && given !== '-') return given;
  if (given === '' && process.stdin.isTTY) {
    throw new CommandFailure(EXIT.usage, 'What shall be sent? Give a text, or pipe one in.');
  }
  const piped = (await readStdin()).trimEnd();
  if (piped === '') throw new CommandFailure(EXIT.usage, 'What was piped in is empty.');
  return piped;
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
