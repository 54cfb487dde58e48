import type { AuditInput, CommandRecord } from '@parley/shared-models';
import type { AuditOf } from '@parley/store';
import { enteredBy, type Origin } from '../audit/origin.ts';

const SERVER = { kind: 'server', id: 'parley', name: 'Parley' } as const;

/** An operator did something to a command. */
export function byOperator(action: AuditInput['action'], origin: Origin): AuditOf {
  return (command) => ({
    ...about(command),
    ...enteredBy(origin),
    action,
    details: {
      type: command.type,
      ...(command.command === '' ? {} : { command: command.command }),
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      ...(command.batchId === undefined ? {} : { batchId: command.batchId }),
      ...(action === 'command.approved' && command.approvedBy?.isRequester ? { isRequester: true } : {}),
      ...(action === 'command.rejected' && command.errorMessage !== undefined
        ? { reason: command.errorMessage }
        : {}),
    },
  });
}

/** It ended: by its agent's report, or because the server gave it up. */
export function ended(by: 'agent' | 'server'): AuditOf {
  return (command) => ({
    ...about(command),
    actor: by === 'server' ? SERVER : { kind: 'agent', id: command.agentId, name: command.agentName },
    action: command.state === 'refused' ? 'command.refused' : 'command.ended',
    details: {
      requestedBy: command.requestedBy.id,
      ...(command.exitCode === undefined ? {} : { exitCode: command.exitCode }),
      ...(command.signal === undefined ? {} : { signal: command.signal }),
      ...(command.rule === undefined ? {} : { rule: command.rule }),
      ...(command.durationMs === undefined ? {} : { durationMs: command.durationMs }),
      ...(command.errorMessage === undefined ? {} : { error: command.errorMessage }),
    },
  });
}

function about(command: CommandRecord): Pick<AuditInput, 'agentId' | 'subjectId' | 'result'> {
  return { agentId: command.agentId, subjectId: command.id, result: command.state };
}
