import type { ServerServices } from '../server-services.ts';

/** Whether the request was routed again, to another agent: the failure of the one that had it is not its end. */
export async function isWithAnother(
  requestId: string,
  agentId: string,
  { store, logger }: ServerServices,
  traceId: string | undefined,
): Promise<boolean> {
  const current = (await store.getMessage(requestId))?.status?.routing?.agentId;
  if (current === undefined || current === agentId) return false;
  logger.info(
    { messageId: requestId, traceId, agentId, current },
    'an agent failed that has the request no more',
  );
  return true;
}
