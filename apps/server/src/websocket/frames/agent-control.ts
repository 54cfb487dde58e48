import {
  type AuditAction,
  type ClientFrameOf,
  newId,
  ParleyError,
  type WantedAgentState,
} from '@parley/shared-models';
import { enteredBy } from '../../audit/origin.ts';
import type { FrameHandler, Session } from '../session.ts';

type ControlAction = ClientFrameOf<'agent.control'>['action'];

const WANTED: Readonly<Record<Exclude<ControlAction, 'shutdown'>, WantedAgentState>> = {
  pause: 'paused',
  resume: 'online',
  deregister: 'offline',
  reregister: 'online',
};

/** Pauses, resumes, deregisters, re-registers or shuts down one agent or all. */
export const onAgentControl: FrameHandler<ClientFrameOf<'agent.control'>> = async (frame, session) => {
  const { agents } = session.services;
  const ids = frame.agentId === '*' ? agents.list().map((agent) => agent.agentId) : [frame.agentId];
  if (ids.length === 0) throw new ParleyError('unknown_agent', 'There are no agents.');
  for (const agentId of ids) await inOrder(session, () => control(agentId, frame.action, session));
};

/** Frames are handled side by side; what is wanted last must be stored and entered last too. */
const last = new WeakMap<object, Promise<void>>();

function inOrder({ services }: Session, act: () => Promise<void>): Promise<void> {
  const before = last.get(services) ?? Promise.resolve();
  // Whoever asked for the one before is told how that went.
  const acting = before.then(act, act);
  last.set(services, acting);
  return acting;
}

async function control(agentId: string, action: ControlAction, session: Session): Promise<void> {
  const { agents, audit, commandService, logger } = session.services;
  if (action === 'shutdown') {
    // A process that is away has nothing to shut down; one that comes back later must not find an old order.
    if (!agents.require(agentId).isConnected) return;
    await commandService.operators.run(
      { id: newId(), agentId, commandType: 'shutdown', command: '', timeoutMs: SHUTDOWN_MS },
      session,
    );
  } else {
    await agents.want(agentId, WANTED[action]);
  }
  const entered: AuditAction = `agent.${action}`;
  await audit.enter({ ...enteredBy(session), action: entered, agentId, result: 'ok' });
  logger.info({ agentId, action, userId: session.user.id }, 'an operator controlled an agent');
}

const SHUTDOWN_MS = 60_000;
