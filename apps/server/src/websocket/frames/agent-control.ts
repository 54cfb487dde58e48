import { type ClientFrameOf, ParleyError } from '@parley/shared-models';
import type { WantedState } from '../../agents/agent-entry.ts';
import type { FrameHandler } from '../session.ts';

const WANTED: Readonly<Record<ClientFrameOf<'agent.control'>['action'], WantedState>> = {
  pause: 'paused',
  resume: 'online',
  deregister: 'offline',
  reregister: 'online',
  shutdown: 'online',
};

/** Pauses, resumes, deregisters or re-registers one agent or all. */
export const onAgentControl: FrameHandler<ClientFrameOf<'agent.control'>> = async (frame, session) => {
  const { agents, commands, logger } = session.services;
  if (frame.action === 'shutdown') throw new ParleyError('not_supported', 'This server cannot do that yet.');
  const wanted = WANTED[frame.action];
  const ids = frame.agentId === '*' ? agents.list().map((agent) => agent.agentId) : [frame.agentId];
  if (ids.length === 0) throw new ParleyError('unknown_agent', 'There are no agents.');
  for (const agentId of ids) {
    await agents.want(agentId, wanted);
    commands.tellState(agentId, wanted === 'online' ? 'online' : 'paused');
    logger.info(
      { agentId, action: frame.action, userId: session.user.id },
      'an operator controlled an agent',
    );
  }
};
