import { createHash } from 'node:crypto';
import { type AuditProblem, type AuditVerifier, createAuditVerifier } from '@parley/shared-models';

export interface Verified {
  readonly problems: readonly AuditProblem[];
  readonly count: number;
  readonly last: AuditVerifier['last'];
  /** How many entries follow the one with the hash asked for; absent when none has it, or none was asked for. */
  readonly followHead?: number;
}

/**
 * Verifies the chain of an export, line by line: it may be longer than memory.
 * @param head the hash of an entry that must be among them
 */
export async function verifyLines(lines: AsyncIterable<string>, head?: string): Promise<Verified> {
  const verifier = createAuditVerifier((text) => createHash('sha256').update(text).digest('hex'));
  const problems: AuditProblem[] = [];
  let headAt: number | undefined;
  for await (const line of lines) {
    problems.push(...(await verifier.next(parsed(line))));
    if (head !== undefined && verifier.last?.hash === head) headAt ??= verifier.count;
  }
  const { count, last } = verifier;
  return { problems, count, last, ...(headAt === undefined ? {} : { followHead: count - headAt }) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    // No entry either: the verifier names the line.
    return error;
  }
}
