import type { AgentStatus, ErrorCode, RoutingCandidate, RoutingDecision } from '@parley/shared-models';

export type RoutingAnswer = (
  | { readonly ok: true; readonly decision: RoutingDecision }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }
) & {
  /**
   * No scorer was sure, and there is something to choose between: a language model may be asked, and the question be
   * put again with its choice. @default false
   */
  readonly isOpen?: boolean;
};

export function decided(
  agent: AgentStatus,
  strategy: RoutingDecision['strategy'],
  confidence: number,
  reason: string,
  candidates: readonly RoutingCandidate[] = [],
): RoutingAnswer {
  const own = { agentId: agent.agentId, agentName: agent.agentName, confidence };
  const others = candidates.filter((candidate) => candidate.agentId !== agent.agentId);
  return { ok: true, decision: { ...own, strategy, reason, candidates: [own, ...others].slice(0, 10) } };
}

export function refused(code: ErrorCode, message: string): RoutingAnswer {
  return { ok: false, code, message };
}
