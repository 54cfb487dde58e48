import { Command } from 'commander';
import { globalOptions, httpApi } from '../global-options.ts';
import { print, printJson, table } from '../output.ts';

/** `parley agents`: the list of agents. */
export function agentsCommand(): Command {
  return new Command('agents')
    .description('Lists the agents.')
    .option('--json', 'print everything about them as JSON')
    .action(async ({ json }: { json?: true }, command: Command) => {
      const { agents } = await httpApi(globalOptions(command)).agents();
      if (json) {
        printJson(agents);
        return;
      }
      if (agents.length === 0) {
        print('No agents. "npx nx serve agent -- --use echo" starts one.');
        return;
      }
      const rows = agents.map(({ agentId, agentName, state, load, metrics, description }) => [
        agentName,
        agentId,
        state,
        `${Math.round(load * 100)} %`,
        String(metrics.handled),
        description,
      ]);
      print(table(['NAME', 'ID', 'STATE', 'LOAD', 'HANDLED', 'DESCRIPTION'], rows));
    });
}
