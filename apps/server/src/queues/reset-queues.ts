import {
  agentQueue,
  agentSignalKey,
  BROKER_INPUT_QUEUE,
  type QueueName,
  type QueuesReset,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { enteredBy, type Origin } from '../audit/origin.ts';
import { endRequest } from '../conversations/end-request.ts';
import type { ServerServices } from '../server-services.ts';

/** Requests that are ended at once. */
const AT_ONCE = 50;
const PAGE = 500;

/**
 * Empties the queues that messages travel in, and ends every request that was on its way in them, or in an agent's hand, with a
 * reason that its sender sees. What the outbox still holds goes out as usual; the dead letters stay.
 */
export async function resetQueues(services: ServerServices, origin: Origin): Promise<QueuesReset> {
  const { store, bus, agents, audit, logger } = services;
  const agentIds = (await store.listAgents()).map(({ agentId }) => agentId);
  const names: QueueName[] = [
    BROKER_INPUT_QUEUE,
    SERVER_INPUT_QUEUE,
    ...[...new Set(agentIds)].map(agentQueue),
  ];
  const queues: QueuesReset['queues'] = [];
  for (const name of names) queues.push({ name, removed: await bus.purge(name) });
  const removed = queues.reduce((sum, queue) => sum + queue.removed, 0);

  // After the queues: what was put into one of them meanwhile is ended too, rather than left hanging.
  let failed = 0;
  for (let after = ''; ; ) {
    const travelling = await store.listTravelling({ after, limit: PAGE });
    for (let index = 0; index < travelling.length; index += AT_ONCE) {
      const slice = travelling.slice(index, index + AT_ONCE);
      await Promise.all(
        slice.map(({ messageId, agentId }) => {
          if (agentId !== undefined) {
            const body = Buffer.from(JSON.stringify({ messageId }));
            bus.signal({ type: 'chat.cancel', key: agentSignalKey(agentId), body });
          }
          return endRequest(services, {
            requestId: messageId,
            status: 'failed',
            error: {
              code: 'queue_reset',
              message: 'An operator emptied the queues while this message was on its way. Send it again.',
            },
            hops: [],
          });
        }),
      );
    }
    failed += travelling.length;
    after = travelling.at(-1)?.messageId ?? '';
    if (travelling.length < PAGE) break;
  }
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
