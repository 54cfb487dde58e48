import type { RefusedCall } from '@parley/control-plane';
import type { AuditInput, ErrorReport } from '@parley/shared-models';

/** An unknown person could not sign in. */
export function refusedSignIn(report: ErrorReport, remoteAddress: string | undefined): AuditInput {
  return {
    action: 'sign_in.refused',
    actor: { kind: 'user', id: '', name: '' },
    // A proxy may hand on any text of a client.
    ...(remoteAddress === undefined ? {} : { remoteAddress: remoteAddress.slice(0, 64) }),
    result: report.code,
    details: { reason: report.message },
  };
}

/** A call over gRPC by an unknown caller. */
export function refusedCall({ kind, peer, method, agentId }: RefusedCall): AuditInput {
  return {
    action: kind === 'join_token' ? 'join.refused' : 'credential.refused',
    actor: { kind: 'agent', id: '', name: '' },
    remoteAddress: peer.slice(0, 64),
    ...(agentId === undefined ? {} : { agentId: agentId.slice(0, 128) }),
    result: 'unauthenticated',
    details: { method },
  };
}
