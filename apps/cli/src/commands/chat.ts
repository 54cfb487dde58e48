import { Id } from '@parley/shared-models';
import { Command } from 'commander';
import { runChat } from '../chat/run-chat.ts';
import { connect } from '../connect.ts';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { globalOptions, httpApi } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { targetOf } from '../target.ts';

interface ChatOptions {
  readonly to?: string;
  readonly conversation?: string;
  readonly timeout: number;
}

/** `parley chat`: a conversation, line by line. */
export function chatCommand(): Command {
  return new Command('chat')
    .description('Talks line by line. Piped in, each line is one message and stdout has the answers only.')
    .option('--to <agent>', 'the name of the agent that shall answer')
    .option('--conversation <id>', 'go on in this conversation')
    .option('--timeout <seconds>', 'how long to wait for an answer', numberFrom(0.1, 86_400), 300)
    .addHelpText(
      'after',
      '\nCtrl-C stops an answer that is being written; without one it leaves. /help lists what else there is.',
    )
    .action(async ({ to, conversation, timeout }: ChatOptions, command: Command) => {
      const options = globalOptions(command);
      if (conversation !== undefined && !Id.safeParse(conversation).success) {
        throw new CommandFailure(EXIT.usage, `--conversation ${conversation}: a UUID is needed.`);
      }
      const { target } = targetOf(to);
      const client = await connect({ ...options, clientName: 'parley chat' });
      try {
        process.exitCode = await runChat({
          client,
          api: httpApi(options),
          timeoutSeconds: timeout,
          target,
          conversationId: conversation?.toLowerCase(),
        });
      } finally {
        await client.close();
      }
    });
}
