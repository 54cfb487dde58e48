import { createHash } from 'node:crypto';
import {
  type AuditEntry,
  type CommandState,
  createAuditVerifier,
  isFinalCommandState,
} from '@parley/shared-models';

/** What is known of the commands of a run, from everybody who could know it. */
export interface CommandEvidence {
  readonly asked: readonly string[];
  /** As the server says at the end. */
  readonly states: ReadonlyMap<string, CommandState>;
  /** Final states as operators were told them, one after another. */
  readonly told: ReadonlyMap<string, readonly CommandState[]>;
  /** Ids that the commands themselves wrote down when they ran. */
  readonly ran: readonly string[];
  readonly audit: readonly AuditEntry[];
}

/** What was wrong, a line each; counts of what was not. */
export interface CommandVerdict {
  readonly counts: Readonly<Partial<Record<CommandState, number>>>;
  readonly wrong: readonly string[];
}

/** Each command must have ended in exactly one state, and have run at most once: just once, when it succeeded. */
export async function judgeCommands(evidence: CommandEvidence): Promise<CommandVerdict> {
  const { asked, states, told, audit } = evidence;
  const wrong: string[] = [];
  const counts: Partial<Record<CommandState, number>> = {};
  const runs = tally(evidence.ran);
  const endings = tally(
    audit
      .filter(({ action }) => action === 'command.ended' || action === 'command.refused')
      .map(({ subjectId }) => subjectId ?? ''),
  );
  for (const id of asked) {
    const state = states.get(id);
    if (state === undefined) {
      wrong.push(`${id} is unknown`);
      continue;
    }
    counts[state] = (counts[state] ?? 0) + 1;
    if (!isFinalCommandState(state)) wrong.push(`${id} is ${state} for ever`);
    const others = new Set([...(told.get(id) ?? []), state]);
    if (others.size > 1) wrong.push(`${id} ended as ${[...others].join(' and ')}`);
    const times = runs.get(id) ?? 0;
    if (times > 1) wrong.push(`${id} ran ${times} times`);
    if (state === 'succeeded' && times !== 1) wrong.push(`${id} succeeded, but ran ${times} times`);
    const entered = endings.get(id) ?? 0;
    if (entered !== 1) wrong.push(`${id} has ${entered} endings in the audit`);
  }
  const verifier = createAuditVerifier((text) => createHash('sha256').update(text).digest('hex'));
  for (const entry of audit) wrong.push(...(await verifier.next(entry)).map(({ message }) => message));
  return { counts, wrong };
}

function tally(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
