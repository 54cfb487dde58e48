import type { AuditAction, AuditEntry } from '@parley/shared-models';

/** What was done, for people. */
export const actionTexts: Readonly<Record<AuditAction, string>> = {
  'command.run': 'asked for a command',
  'command.refused': 'refused a command',
  'command.approved': 'approved a command',
  'command.rejected': 'rejected a command',
  'command.cancelled': 'cancelled a command',
  'command.ended': 'ended a command',
  'agent.pause': 'paused',
  'agent.resume': 'resumed',
  'agent.deregister': 'deregistered',
  'agent.reregister': 'registered again',
  'agent.shutdown': 'shut down',
  'agent.registered': 'registered',
  'agent.replaced': 'took the place of an older process',
  'queues.reset': 'reset the queues',
  'dead_letter.replayed': 'replayed a dead letter',
  'dead_letter.discarded': 'discarded a dead letter',
  'sign_in.refused': 'was not let in',
  'permission.refused': 'was not allowed',
};

/** What went well needs no colour. */
export function isBad({ result }: Pick<AuditEntry, 'result'>): boolean {
  return result !== 'ok' && result !== 'succeeded';
}

/** What is told beside the action, in one line: the command, the reason, the counts. */
export function detailText({ details }: Pick<AuditEntry, 'details'>): string {
  return Object.entries(details ?? {})
    .map(([name, value]) =>
      name === 'command'
        ? String(value)
        : `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(' · ');
}
