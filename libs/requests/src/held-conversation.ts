import {
  AgentId,
  AgentName,
  type AgentSession,
  type RoutingDecision,
  type SessionHint,
  type Target,
} from '@parley/shared-models';
import { z } from 'zod';
import type { ChosenAgent } from './events.ts';

/** The agents that a conversation went to; stored as JSON in its row. */
export const SessionState = z.object({
  /** `seq` of the message that set this: an earlier message must not overrule a later one. */
  seq: z.number().int().positive(),
  /** The agent that had the last message; absent when the person has left. */
  last: z.object({ agentId: AgentId, agentName: AgentName, group: AgentId }).optional(),
  /**
   * The agent that holds the conversation. `ttlMs`: for how long after the person's last message; `lastAt`: when that
   * was, in milliseconds since 1970.
   */
  held: z
    .object({
      agentId: AgentId,
      agentName: AgentName,
      group: AgentId,
      since: z.string(),
      lastAt: z.number(),
      ttlMs: z.number(),
    })
    .optional(),
});
export type SessionState = z.infer<typeof SessionState>;

/** The session as people see it; undefined without a session, and when its time is over. */
export function agentSessionOf(state: SessionState | undefined, now: number): AgentSession | undefined {
  const held = state?.held;
  if (held === undefined || isOver(held, now)) return undefined;
  const { agentId, agentName, group, since, lastAt, ttlMs } = held;
  return { agentId, agentName, group, since, expiresAt: new Date(lastAt + ttlMs).toISOString() };
}

const isOver = ({ lastAt, ttlMs }: { lastAt: number; ttlMs: number }, now: number): boolean =>
  lastAt + ttlMs <= now;

/** The effect of a message on a session: the hint it carries, and the new state where that changes. */
export interface SessionStep {
  readonly hint: SessionHint | undefined;
  /** Undefined: stays as it is. */
  readonly next: SessionState | undefined;
}

/**
 * A person writes: the message goes to the agent that holds the conversation; without one it names the agent that had
 * the last message; END leaves. A session whose time is over does not count.
 * @param seq, text, target of the message
 * @param isEnd whether its text says END
 */
export function stepOnMessage(
  state: SessionState | undefined,
  message: {
    readonly seq: number;
    readonly text: string;
    readonly target: Target | undefined;
    readonly isEnd: boolean;
    /** In milliseconds since 1970. */
    readonly now: number;
  },
): SessionStep {
  if (state === undefined) return { hint: undefined, next: undefined };
  const { held, last } = state;
  const { seq, now } = message;
  if (held !== undefined && isOver(held, now)) return { hint: undefined, next: { seq } };
  const agent = held ?? last;
  if (agent === undefined) return { hint: undefined, next: undefined };
  const { agentId, agentName, group } = agent;
  if (held === undefined)
    return { hint: { agentId, agentName, group, isHeld: false, isEnding: false }, next: undefined };
  const isEnding = message.isEnd && isFor(held, message);
  return {
    hint: { agentId, agentName, group, isHeld: true, isEnding },
    next: isEnding ? { seq } : { ...state, held: { ...held, lastAt: now } },
  };
}

/**
 * An agent was chosen: one that holds sessions holds the conversation from now on, any other leaves a session as it
 * is. Undefined when nothing changes.
 * @param hint the hint that the message carried
 */
export function stepOnRouting(
  state: SessionState | undefined,
  hint: SessionHint | undefined,
  { agentId, agentName }: RoutingDecision,
  { group, holdsSession, sessionTtlMs }: ChosenAgent,
  { seq, now }: { seq: number; now: number },
): SessionState | undefined {
  // It was left with this very message, or the conversation has gone on meanwhile.
  if (hint?.isEnding || (state !== undefined && state.seq > seq)) return undefined;
  const last = { agentId, agentName, group };
  const held = state?.held;
  if (!holdsSession) {
    if (state?.last?.agentId === agentId) return undefined;
    return { seq, last, ...(held === undefined ? {} : { held }) };
  }
  if (held?.agentId === agentId && held.agentName === agentName) return undefined;
  // Another instance of the same agent goes on with the session.
  const since = held?.group === group ? held.since : new Date(now).toISOString();
  return { seq, last, held: { ...last, since, lastAt: now, ttlMs: sessionTtlMs } };
}

/** Whether a message that is to end a session is not addressed to somebody else. */
function isFor(
  { agentId, agentName, group }: { agentId: string; agentName: string; group: string },
  { text, target }: { text: string; target: Target | undefined },
): boolean {
  const name = agentName.toLowerCase();
  const begin = text.trimStart().toLowerCase();
  if (target === undefined)
    return !begin.startsWith('@') || begin.startsWith(`@${name}`) || begin.startsWith(`@"${name}"`);
  return (
    (target.agentId ?? agentId) === agentId &&
    (target.group ?? group) === group &&
    (target.agentName ?? name).toLowerCase() === name
  );
}
