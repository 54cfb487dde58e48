import type { Session } from '../websocket/session.ts';

/**
 * The session follows the command: what it printed after `afterSeq`, where it stands, then what comes.
 * @throws ParleyError `not_found`
 */
export async function openCommand(session: Session, id: string, afterSeq: number): Promise<void> {
  const { operators, hub } = session.services.commandService;
  // Before it is looked up: no change in between is missed.
  hub.follow(session, id, afterSeq);
  try {
    hub.tell(session, await operators.require(id));
  } catch (error) {
    hub.unfollow(session, id);
    throw error;
  }
}
