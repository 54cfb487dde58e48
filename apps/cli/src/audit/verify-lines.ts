import { createHash } from 'node:crypto';
import { type AuditProblem, type AuditVerifier, createAuditVerifier } from '@parley/shared-models';

export interface Verified {
  readonly problems: readonly AuditProblem[];
  readonly count: number;
  readonly last: AuditVerifier['last'];
}

/** Verifies the chain of an export, line by line: it may be longer than memory. */
export async function verifyLines(lines: AsyncIterable<string>): Promise<Verified> {
  const verifier = createAuditVerifier((text) => createHash('sha256').update(text).digest('hex'));
  const problems: AuditProblem[] = [];
  for await (const line of lines) problems.push(...(await verifier.next(parsed(line))));
  return { problems, count: verifier.count, last: verifier.last };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    // No entry either: the verifier names the line.
    return error;
  }
}
