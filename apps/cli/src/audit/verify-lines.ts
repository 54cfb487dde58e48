import { createHash } from 'node:crypto';
import {
  type AuditHead,
  type AuditProblem,
  type AuditVerifier,
  createAuditVerifier,
} from '@parley/shared-models';

export interface Verified {
  readonly problems: readonly Pick<AuditProblem, 'message'>[];
  readonly count: number;
  readonly last: AuditVerifier['last'];
  /** How many entries follow the one with the hash asked for; absent when none has it, or none was asked for. */
  readonly followHead?: number;
  /** Of the heads that fit, the one of the latest entry. */
  readonly judged?: AuditHead;
}

/**
 * Verifies the chain of an export, line by line: it may be longer than memory.
 * @param head the hash of an entry that must be among them
 * @param shipped heads that were kept elsewhere: the entry of each must be there with its hash
 */
export async function verifyLines(
  lines: AsyncIterable<string>,
  head?: string,
  shipped: readonly AuditHead[] = [],
): Promise<Verified> {
  const headsBySeq = Map.groupBy(shipped, ({ seq }) => seq);
  let judged: AuditHead | undefined;
  const verifier = createAuditVerifier((text) => createHash('sha256').update(text).digest('hex'));
  const problems: Pick<AuditProblem, 'message'>[] = [];
  let headAt: number | undefined;
  for await (const line of lines) {
    problems.push(...(await verifier.next(parsed(line))));
    const { last } = verifier;
    if (head !== undefined && last?.hash === head) headAt ??= verifier.count;
    for (const shippedHead of headsBySeq.get(last?.seq ?? 0) ?? []) {
      if (shippedHead.hash === last?.hash) judged = shippedHead;
      else
        problems.push({
          message: `entry ${shippedHead.seq} is not the one of which the hash was shipped at ${shippedHead.at}: it was written anew, or one before it`,
        });
    }
    headsBySeq.delete(last?.seq ?? 0);
  }
  const { count, last } = verifier;
  const [missing] = [...headsBySeq.values()].flat().toSorted((one, other) => other.seq - one.seq);
  if (missing !== undefined)
    problems.push({
      message: `entry ${missing.seq} is missing, of which the hash was shipped at ${missing.at}: the last one is ${last?.seq ?? 0}`,
    });
  return {
    problems,
    count,
    last,
    ...(headAt === undefined ? {} : { followHead: count - headAt }),
    ...(judged === undefined ? {} : { judged }),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    // No entry either: the verifier names the line.
    return error;
  }
}
