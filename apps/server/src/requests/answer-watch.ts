import { AGENT_TIMEOUT_MS, agentQueue, BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { TravellingRequest } from '@parley/store';
import type { ServerServices } from '../server-services.ts';
import { applyEvent } from './apply-event.ts';
import { type Counted, createUnansweredClock } from './unanswered-clock.ts';

const PAGE = 1000;
/** Between two looks, in milliseconds; a look is a page of the store and a round trip to the queue. */
const LOOK_MS = { min: 100, max: 5000 };
/** Looks may take one part in so many of the time, while the wait between them stays below `max`, in milliseconds. */
const SHARE_OF_LOOKS = { part: 10, max: 30_000 };
/** The longest that is listened for pieces of an answer before a request is ended, in milliseconds. */
const MAX_LISTEN_MS = 5000;
/** Of a request before an agent has it. */
const NOBODY = '';

/**
 * Ends requests that nobody is going to answer: acknowledged without an answer, lost with their queue, or given to an agent
 * that takes nothing. A request that no agent has had is routed again instead. See docs/decisions/unanswered-requests.md.
 */
export function startAnswerWatch(services: ServerServices): { stop(): Promise<void> } {
  const { store, bus, agents, logger, config } = services;
  const graceMs = config.ANSWER_GRACE_MS;
  const lookMs = Math.min(LOOK_MS.max, Math.max(LOOK_MS.min, graceMs / 10));
  const clock = createUnansweredClock(graceMs);
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = performance.now();
  let waitMs = lookMs;
  const stopped = new AbortController();

  const look = async (): Promise<void> => {
    const now = performance.now();
    // The process may have been suspended, or the queue away: then nobody could have answered.
    const elapsedMs = Math.min(now - lookedAt, 2 * waitMs);
    lookedAt = now;
    if (bus.health().state !== 'up') return;
    const byAgent = Map.groupBy(await travelling(services), ({ agentId }): string => agentId ?? NOBODY);
    clock.forgetAllBut(new Set(byAgent.keys()));
    if (byAgent.size === 0) return;
    // After the requests: one that is published between the two looks must not make the others look handed out.
    const depths = new Map((await bus.depths()).map((depth) => [depth.name, depth]));
    const readyIn = (name: string): number => depths.get(name)?.ready ?? 0;
    // Their answers may wait in the queue of the servers.
    if (readyIn(SERVER_INPUT_QUEUE) > 0) return;
    const counted = [...byAgent].flatMap(([agentId, requests]) => {
      if (agentId === NOBODY) {
        const { ready: waiting = 0, unacknowledged = 0 } = depths.get(BROKER_INPUT_QUEUE) ?? {};
        const ready = waiting + unacknowledged > 0 ? requests.length : 0;
        const nobody = { agentId, requests, elapsedMs, ready, isTaking: false, incarnation: 0, timeoutMs: 0 };
        return clock.look(nobody);
      }
      const known = agents.get(agentId);
      return clock.look({
        agentId,
        requests: requests.toSorted(inOrderOfRouting),
        elapsedMs,
        isTaking: known?.state === 'online',
        ready: readyIn(agentQueue(agentId)),
        incarnation: known?.incarnation,
        timeoutMs: known?.profile.timeoutMs ?? AGENT_TIMEOUT_MS,
      });
    });
    waitMs = Math.max(lookMs, Math.min((performance.now() - now) * SHARE_OF_LOOKS.part, SHARE_OF_LOOKS.max));
    await endThoseOver(counted.filter(({ isOver }) => isOver));
    await keep(counted.filter(({ isOver }) => !isOver));
  };

  /** The stored times lag behind by a part of the grace time, so that not every look writes. */
  const keep = async (counted: readonly Counted[]): Promise<void> => {
    const changed = counted.filter(({ request, unansweredMs }) => {
      const differenceMs = unansweredMs - request.unansweredMs;
      return differenceMs < 0 || differenceMs >= graceMs / 5;
    });
    if (changed.length === 0) return;
    await store.countUnanswered(
      changed.map(({ request: { messageId, attempt }, unansweredMs }) => ({
        messageId,
        attempt,
        unansweredMs: Math.round(unansweredMs),
      })),
    );
  };

  const endThoseOver = async (over: readonly Counted[]): Promise<void> => {
    if (over.length === 0) return;
    // Those whose answer is being written: pieces of it arrive meanwhile.
    const given = over.flatMap(({ request }) =>
      request.agentId === undefined ? [] : request.conversationId,
    );
    const listenMs = given.length === 0 ? 0 : Math.min(graceMs, MAX_LISTEN_MS);
    const growing = await services.hub.growingIn(given, listenMs, stopped.signal);
    if (isStopped) return;
    const restarted = new Set([...growing].flatMap(clock.restart));
    for (const { request, unansweredMs } of over) {
      const { messageId, agentId, attempt } = request;
      if (restarted.has(messageId)) continue;
      clock.ended(messageId);
      if (agentId === undefined) {
        logger.warn({ messageId, attempt }, 'a message was lost before an agent had it: it is routed again');
        await applyEvent(services, { type: 'agent-gone', requestId: messageId, agentId });
        continue;
      }
      const name = agents.get(agentId)?.profile.name ?? agentId;
      const message = `${name} did not answer within ${Math.round(unansweredMs / 1000)} s.`;
      const error = { code: 'agent_timeout', message } as const;
      await applyEvent(services, { type: 'timed-out', requestId: messageId, attempt, error });
    }
  };

  const run = async (): Promise<void> => {
    try {
      await look();
    } catch (err) {
      if (!isStopped) logger.warn({ err }, 'looking after unanswered messages failed; trying again');
    }
    if (!isStopped) timer = setTimeout(begin, waitMs);
  };
  let running = Promise.resolve();
  const begin = (): void => {
    running = run();
  };
  begin();

  return {
    async stop() {
      isStopped = true;
      stopped.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

async function travelling({ store }: ServerServices): Promise<TravellingRequest[]> {
  const all: TravellingRequest[] = [];
  for (let after = ''; ; ) {
    const page = await store.listTravelling({ after, limit: PAGE });
    all.push(...page);
    after = page.at(-1)?.messageId ?? '';
    if (page.length < PAGE) return all;
  }
}

function inOrderOfRouting(one: TravellingRequest, other: TravellingRequest): number {
  return (one.routedAt ?? 0) - (other.routedAt ?? 0) || one.seq - other.seq;
}
