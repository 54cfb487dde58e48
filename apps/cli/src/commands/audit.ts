import type { AuditEntry } from '@parley/shared-models';
import { Command } from 'commander';
import { auditLines } from '../audit/audit-lines.ts';
import { verifyLines } from '../audit/verify-lines.ts';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { globalOptions, httpApi } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { print, printError, printJson, table } from '../output.ts';

/** `parley audit`: who did what. */
export function auditCommand(): Command {
  const command = new Command('audit').description('Who did what. For operators.');
  command
    .command('list')
    .description('Lists the entries, the latest first.')
    .option('--limit <n>', 'at most so many', numberFrom(1, 500, true), 50)
    .option('--agent <id>', 'only what was done to this agent')
    .option('--json', 'print them as JSON')
    .action(async ({ limit, agent, json }: ListOptions, self: Command) => {
      const { entries } = await httpApi(globalOptions(self)).audit({ limit, agentId: agent });
      if (json) printJson(entries);
      else print(table(['NUMBER', 'AT', 'WHO', 'FROM', 'ACTION', 'AGENT', 'RESULT'], entries.map(rowOf)));
    });
  command
    .command('export')
    .description('Prints all entries, one JSON object a line, the first one first.')
    .action(async (_options: object, self: Command) => {
      for await (const line of auditLines({ server: globalOptions(self) })) print(line);
    });
  command
    .command('verify')
    .description('Finds entries that were changed, left out or moved.')
    .option('--file <path>', 'an export to verify, instead of what the server has now')
    .option('--head <hash>', 'a hash that a verification printed before: its entry must still be there')
    .action(async ({ file, head }: VerifyOptions, self: Command) => verify(file, head, self));
  return command;
}

interface ListOptions {
  readonly limit: number;
  readonly agent?: string;
  readonly json?: true;
}

interface VerifyOptions {
  readonly file?: string;
  readonly head?: string;
}

async function verify(file: string | undefined, head: string | undefined, self: Command): Promise<void> {
  const server = globalOptions(self);
  const lines = auditLines(file === undefined ? { server } : { file });
  const { problems, count, last, followHead } = await verifyLines(lines, head);
  const found = problems.map(({ message }) => message);
  if (file === undefined) {
    const remembered = await httpApi(server).auditHead();
    // Meanwhile there may be more entries, never fewer.
    if (
      (last?.seq ?? 0) < remembered.seq &&
      problems.length === 0 &&
      !(await isNewer(server, last?.seq ?? 0))
    )
      found.push(`entries ${(last?.seq ?? 0) + 1} to ${remembered.seq} are missing at the end`);
    else if (last?.seq === remembered.seq && last.hash !== remembered.hash)
      found.push(`entry ${last.seq} is not the one that was entered last`);
  }
  if (head !== undefined && followHead === undefined)
    found.push(`no entry has the hash ${head}: the end was cut off, or all of it was written anew`);
  for (const message of found) printError(message);
  if (found.length > 0)
    throw new CommandFailure(EXIT.failed, `The audit is not whole: ${found.length} found.`);
  print(`${count} entries, all as they were entered.`);
  if (followHead !== undefined) print(`${followHead} of them follow the one with the hash ${head}.`);
  if (last !== undefined) print(`head ${last.hash}`);
}

/** Whether there are entries after this one, which came while it was verified. */
async function isNewer(server: ReturnType<typeof globalOptions>, seq: number): Promise<boolean> {
  const { entries } = await httpApi(server).audit({ limit: 500 });
  return entries.some((entry) => entry.seq === seq + 1);
}

const rowOf = ({ seq, at, actor, remoteAddress, action, agentId, result }: AuditEntry): string[] => [
  String(seq),
  at,
  actor.name || actor.id || 'unknown',
  remoteAddress ?? '',
  action,
  agentId ?? '',
  result,
];
