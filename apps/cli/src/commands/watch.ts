import { Id } from '@parley/shared-models';
import { Command } from 'commander';
import { connect } from '../connect.ts';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { globalOptions, httpApi } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { watchConversations } from '../watch/watch-conversations.ts';
import { watchExternal } from '../watch/watch-external.ts';

interface WatchOptions {
  readonly external?: true;
  readonly interval: number;
  readonly json?: true;
}

/** `parley watch`: events as they happen, until Ctrl-C. */
export function watchCommand(): Command {
  return new Command('watch')
    .description(
      'Shows what happens, until Ctrl-C: your conversations and the agents, one conversation, or the gateways.',
    )
    .argument('[conversation]', 'only this conversation, with its last messages')
    .option('--external', "instead: the gateways' connections to external servers")
    .option('--interval <seconds>', 'how often lists are asked for', numberFrom(0.1, 3600), 1)
    .option('--json', 'print one JSON object a line')
    .action(async (conversation: string | undefined, options: WatchOptions, command: Command) => {
      const global = globalOptions(command);
      const { external, interval, json = false } = options;
      if (conversation !== undefined && (external || !Id.safeParse(conversation).success)) {
        const what = external ? 'either a conversation or --external' : 'a UUID is needed';
        throw new CommandFailure(EXIT.usage, `${conversation}: ${what}.`);
      }
      const api = httpApi(global);
      const shared = { api, isJson: json, intervalMs: interval * 1000, signal: untilStopped() };
      if (external) {
        await watchExternal(shared);
        return;
      }
      const client = await connect({ ...global, clientName: 'parley watch' });
      try {
        await watchConversations({ ...shared, client, conversationId: conversation?.toLowerCase() });
      } finally {
        await client.close();
      }
    });
}

/** Aborted by Ctrl-C or SIGTERM. */
function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}
