import { readFile } from 'node:fs/promises';
import type { AuditEntry } from '@parley/shared-models';
import { Command } from 'commander';
import { auditLines } from '../audit/audit-lines.ts';
import { publicKeyOf, readShippedHeads, type ShippedHeads } from '../audit/shipped-heads.ts';
import { verifyLines } from '../audit/verify-lines.ts';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { globalOptions, httpApi } from '../global-options.ts';
import { numberFrom } from '../number-option.ts';
import { plain, print, printError, printJson, table } from '../output.ts';

/** `parley audit`: the entries of the audit. */
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
    .option('--heads <path>', 'heads that the server has shipped (AUDIT_HEAD_FILE and the like), one a line')
    .option('--key <path>', 'public key (PEM): of the shipped heads only those that it signed count')
    .addHelpText(
      'after',
      '\nWithout --head and --heads nothing shows whether entries were cut off at the end, or all were written anew.',
    )
    .action(verify);
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
  readonly heads?: string;
  readonly key?: string;
}

async function verify({ file, head, heads, key }: VerifyOptions, self: Command): Promise<void> {
  const server = globalOptions(self);
  if (key !== undefined && heads === undefined)
    throw new CommandFailure(EXIT.usage, '--key is for the signatures of --heads.');
  const shipped = heads === undefined ? undefined : await shippedHeads(heads, key);
  const lines = auditLines(file === undefined ? { server } : { file });
  const { problems, count, last, followHead, judged } = await verifyLines(lines, head, shipped?.heads);
  const found = [...(shipped?.problems ?? []), ...problems.map(({ message }) => message)];
  if (shipped?.heads.length === 0 && shipped.problems.length === 0) found.push(`${heads} has no head`);
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
  for (const message of found) printError(plain(message));
  if (found.length > 0)
    throw new CommandFailure(EXIT.failed, `The audit is not whole: ${found.length} found.`);
  print(`${count} entries; none of them was changed, left out or moved by itself.`);
  if (followHead !== undefined) print(`${followHead} of them follow the one with the hash ${head}.`);
  if (judged !== undefined) {
    const signed = key === undefined ? 'not checked for signatures (--key)' : 'signed by the key';
    print(
      `${judged.seq} of them are as they were at ${judged.at}, by ${shipped?.heads.length} shipped heads, ${signed}.`,
    );
  }
  if (judged === undefined && followHead === undefined) {
    print(
      'Whether entries were cut off at the end, or all of them were written anew, cannot be judged without a head that was kept elsewhere (--head, --heads).',
    );
  } else if ((last?.seq ?? 0) > (judged?.seq ?? 0) && followHead !== 0)
    print('Of those that came after it nothing shows whether more of them were there.');
  if (last !== undefined) print(`head ${last.hash}`);
}

async function shippedHeads(heads: string, key: string | undefined): Promise<ShippedHeads> {
  try {
    const publicKey = key === undefined ? undefined : publicKeyOf(await readFile(key, 'utf8'));
    return await readShippedHeads(auditLines({ file: heads }), publicKey);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(EXIT.usage, `--key ${key}: ${error instanceof Error ? error.message : error}`);
  }
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
