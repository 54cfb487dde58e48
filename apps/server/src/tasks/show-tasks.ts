import type { ServerServices } from '../server-services.ts';
import type { Session } from '../websocket/session.ts';
import { listTaskViews } from './task-records.ts';

/** So many of a conversation's last tasks are told to who opens it. */
const SHOWN = 10;

/** Tells who has just opened a conversation of its tasks, the oldest first. */
export async function showTasksOf(
  { store }: Pick<ServerServices, 'store'>,
  conversationId: string,
  session: Pick<Session, 'sendFrame'>,
): Promise<void> {
  const found = await listTaskViews({ store }, { conversationId, limit: SHOWN });
  for (const task of found.toReversed()) session.sendFrame({ type: 'task.update', task });
}
