import type { TravellingRequest } from '@parley/store';

/** The requests of one agent at one look. */
export interface AgentLook {
  readonly agentId: string;
  /** Those that it has to answer, in the order in which it was given them. */
  readonly requests: readonly TravellingRequest[];
  /** Since the look before, in milliseconds. */
  readonly elapsedMs: number;
  /** Whether it takes messages now: online, and neither paused nor leaving. */
  readonly isTaking: boolean;
  /** Messages that wait in its queue. */
  readonly ready: number;
  /** Of its process: a new one begins with the messages that the one before had in hand. */
  readonly incarnation: number | undefined;
  /** The longest that it takes over one message, in milliseconds. */
  readonly timeoutMs: number;
}

/** A request with the time for which its answer has been due. */
export interface Counted {
  readonly request: TravellingRequest;
  readonly unansweredMs: number;
  /** More than it has. */
  readonly isOver: boolean;
}

export interface UnansweredClock {
  look(look: AgentLook): Counted[];
  /** It was ended for that reason: its end is no progress of its agent. */
  ended(messageId: string): void;
  /** Something was heard about it: its time begins anew, and that of those which wait behind it. Returns all of them. */
  restart(messageId: string): string[];
  /** Forgets all other agents. */
  forgetAllBut(agentIds: ReadonlySet<string>): void;
}

interface Watched {
  /** Of the request when it was looked at: routed again, it begins anew. */
  readonly attempt: number;
  ms: number;
  restarts: number;
}

interface WatchedAgent {
  /** In the order in which the agent was given them. */
  readonly requests: Map<string, Watched>;
  readonly incarnation: number | undefined;
}

/** So many processes of its agent may begin with a request anew. */
const MAX_RESTARTS = 5;

/**
 * For how long the answer to each request has been due. Time does not count while the agent takes no messages and the
 * request may lie in its queue. It begins anew when the agent has ended a request that it was given before this one, and
 * when another process of the agent begins.
 *
 * A queue hands out in order: of the open requests only the newest `ready` ones can wait in it.
 * @param graceMs how much longer than its agent's time a request may stay open
 */
export function createUnansweredClock(graceMs: number): UnansweredClock {
  const agents = new Map<string, WatchedAgent>();
  const endedHere = new Set<string>();

  /** Which of the requests of the look before the agent has ended first; those behind it have made progress. */
  const firstEnded = (before: WatchedAgent, now: ReadonlySet<string>): number => {
    const index = [...before.requests.keys()].findIndex((id) => !now.has(id) && !endedHere.has(id));
    return index < 0 ? Number.POSITIVE_INFINITY : index;
  };

  return {
    look({ agentId, requests, elapsedMs, isTaking, ready, incarnation, timeoutMs }) {
      const before = agents.get(agentId) ?? { requests: new Map<string, Watched>(), incarnation };
      const progress = firstEnded(before, new Set(requests.map(({ messageId }) => messageId)));
      const places = new Map([...before.requests.keys()].map((id, place) => [id, place]));
      const isNewProcess = incarnation !== before.incarnation;
      const outOfQueue = requests.length - ready;
      const watchedNow = new Map<string, Watched>();
      let limitMs = 0;
      const counted = requests.map((request, index): Counted => {
        const { messageId, attempt } = request;
        const seen = before.requests.get(messageId);
        const known = seen?.attempt === attempt ? seen : undefined;
        const watched = known ?? { attempt, ms: request.unansweredMs, restarts: 0 };
        watchedNow.set(messageId, watched);
        if ((places.get(messageId) ?? -1) > progress) watched.ms = 0;
        else if (isNewProcess && watched.restarts < MAX_RESTARTS) {
          watched.ms = 0;
          watched.restarts += 1;
        } else if (known !== undefined && (isTaking || index < outOfQueue)) watched.ms += elapsedMs;
        // The agent may be busy with one that has longer.
        limitMs = Math.max(limitMs, request.timeoutMs ?? timeoutMs);
        return { request, unansweredMs: watched.ms, isOver: watched.ms > limitMs + graceMs };
      });
      agents.set(agentId, { requests: watchedNow, incarnation });
      for (const id of before.requests.keys()) if (!watchedNow.has(id)) endedHere.delete(id);
      return counted;
    },
    ended: (messageId) => void endedHere.add(messageId),
    restart(messageId) {
      const found = [...agents.values()].find(({ requests }) => requests.has(messageId));
      if (found === undefined) return [];
      const all = [...found.requests];
      const restarted = all.slice(all.findIndex(([id]) => id === messageId));
      for (const [, watched] of restarted) watched.ms = 0;
      return restarted.map(([id]) => id);
    },
    forgetAllBut(agentIds) {
      for (const agentId of agents.keys()) if (!agentIds.has(agentId)) agents.delete(agentId);
      if (agents.size === 0) endedHere.clear();
    },
  };
}
