import type { AgentStatus, SessionHint, Target } from '@parley/shared-models';
import { decideReceiver, type RoutingQuestion } from '../src/decide-receiver.ts';
import type { ModelChoice } from '../src/model-choice.ts';
import type { RoutingAnswer } from '../src/receivers.ts';

export const GRACE_MS = 15_000;

/** An agent with this id, online and idle unless told otherwise. */
export function agent(agentId: string, status: Partial<AgentStatus> = {}): AgentStatus {
  return {
    agentId,
    agentName: agentId.charAt(0).toUpperCase() + agentId.slice(1),
    group: agentId,
    description: '',
    capabilities: [],
    keywords: [],
    examples: [],
    state: 'online',
    load: 0,
    lastSeen: '2026-01-31T12:00:00.000Z',
    incarnation: 1,
    metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
    ...status,
  };
}

export interface Asked {
  readonly text?: string;
  readonly target?: Target;
  readonly session?: SessionHint;
  readonly modelChoice?: ModelChoice;
  readonly recent?: Readonly<Record<string, number>>;
  /** Seconds. @default 0 for each */
  readonly offlineFor?: Readonly<Record<string, number>>;
}

export function ask(agents: readonly AgentStatus[], asked: Asked = {}): RoutingAnswer {
  const { text = 'hello', target, session, modelChoice, recent = {}, offlineFor = {} } = asked;
  const question: RoutingQuestion = {
    text: () => text,
    agents,
    recentlyAssigned: (agentId) => recent[agentId] ?? 0,
    offlineForMs: (agentId) => (offlineFor[agentId] ?? 0) * 1000,
    graceMs: GRACE_MS,
    ...(target === undefined ? {} : { target }),
    ...(session === undefined ? {} : { session }),
    ...(modelChoice === undefined ? {} : { modelChoice }),
  };
  return decideReceiver(question);
}
