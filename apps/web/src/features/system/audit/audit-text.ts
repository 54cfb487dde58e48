import type { AuditAction, AuditEntry, JsonValue } from '@parley/shared-models';
import { durationText } from '../../../components/format-time.ts';

/** The actions in words, for people. */
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
  'join.refused': 'could not join: wrong join token',
  'credential.refused': 'spoke for somebody else',
  'token.revoked': 'token revoked',
};

const HARMLESS = new Set(['ok', 'succeeded', 'queued', 'sent', 'awaiting_approval', 'running', 'cancelled']);

/** Whether the entry records a failure or a refusal. */
export function isBad({ result }: Pick<AuditEntry, 'result'>): boolean {
  return !HARMLESS.has(result);
}

/** The details of an entry in one line: the command first, then reasons, counts and times. */
export function detailText({ details = {} }: Pick<AuditEntry, 'details'>): string {
  const { command, ...others } = details;
  return [
    ...(typeof command === 'string' && command !== '' ? [command] : []),
    ...Object.entries(others).flatMap(([name, value]) => detail(name, value)),
  ].join(' · ');
}

function detail(name: string, value: JsonValue): string[] {
  if (name === 'type' && value === 'shell') return [];
  if (name === 'durationMs' && typeof value === 'number') return [`ran for ${durationText(value)}`];
  // Only the sums of all queues fit into a line; the export has the single queues.
  if (Array.isArray(value)) return [];
  const words = name.replace(/(?=[A-Z])/g, ' ').toLowerCase();
  return [`${words} ${typeof value === 'string' ? value : JSON.stringify(value)}`];
}
