import {
  agentQueue,
  BROKER_INPUT_QUEUE,
  ParleyError,
  type QueueName,
  type QueuesReset,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { enteredBy, type Origin } from '../audit/origin.ts';
import type { ServerServices } from '../server-services.ts';
import { applyEvent } from './apply-event.ts';

/** Requests that are ended at once. */
const AT_ONCE = 50;
const PAGE = 500;

/**
 * Empties the queues that messages travel in, and ends every request that was on its way in them, or in an agent's hand, with a
 * reason that its sender sees. Entries still in the outbox go out as their next attempt; the dead letters stay.
 * @throws ParleyError `bus_unavailable`, `store_unavailable`; nothing is lost then, ended requests stay ended
 */
export async function resetQueues(services: ServerServices, origin: Origin): Promise<QueuesReset> {
  const { store, agents, audit, logger } = services;
  const agentIds = (await store.listAgents()).map(({ agentId }) => agentId);
  const names: QueueName[] = [
    BROKER_INPUT_QUEUE,
    SERVER_INPUT_QUEUE,
    ...[...new Set(agentIds)].map(agentQueue),
  ];
  // Before the queues: a request whose message was removed, and that nobody lived to end, would hang for ever. A message
  // whose request has ended is dropped wherever it turns up.
  const before = await endTravelling(services);
  const queues: QueuesReset['queues'] = [];
  for (const name of names) queues.push({ name, removed: await purge(name, services) });
  const removed = queues.reduce((sum, queue) => sum + queue.removed, 0);
  // A message that a queue held counts as in the outbox until some server has marked it as published. Not marked by
  // now, it goes to the broker once more, and the mark comes too late.
  await store.renewOutbox();
  // Marked before, it has gone with the rest.
  const failed = before + (await endTravelling(services));
  await audit.enter({
    ...enteredBy(origin),
    action: 'queues.reset',
    result: 'ok',
    details: { removed, failed, queues: queues.filter((queue) => queue.removed > 0) },
  });
  logger.warn(
    { removed, failed, userId: origin.user.id, agents: agents.list().length },
    'an operator reset the queues',
  );
  return { removed, failed, queues };
}

/** The queue of an agent that was taken off the list, or has only begun to register, is empty as it is. */
async function purge(name: QueueName, { bus }: ServerServices): Promise<number> {
  try {
    return await bus.purge(name);
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'queue_missing') return 0;
    throw error;
  }
}

/** Returns how many requests were on their way. */
async function endTravelling(services: ServerServices): Promise<number> {
  const { store, relay } = services;
  // Messages in a queue are on their way, and not in the outbox any more.
  await relay.mark();
  let count = 0;
  for (let after = ''; ; ) {
    const travelling = await store.listTravelling({ after, limit: PAGE });
    for (let index = 0; index < travelling.length; index += AT_ONCE) {
      const slice = travelling.slice(index, index + AT_ONCE);
      await Promise.all(
        slice.map(({ messageId }) => applyEvent(services, { type: 'reset', requestId: messageId })),
      );
    }
    count += travelling.length;
    after = travelling.at(-1)?.messageId ?? '';
    if (travelling.length < PAGE) return count;
  }
}
