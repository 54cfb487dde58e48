import type { AgentCommand, AgentStatus } from '@parley/shared-models';
import type { AgentStatusUpdate } from '../control-plane.ts';
import { agentState, commandType } from './enum-names.ts';

/** Models in the shape that the .proto files give them. Only enums are named differently. */
export function encodeStatus(agent: AgentStatus): object {
  return { ...agent, state: agentState.encode(agent.state) };
}

export function encodeUpdate(update: AgentStatusUpdate & { hasMore: boolean }): object {
  return { ...update, agents: update.agents.map(encodeStatus) };
}

export function encodeCommand(command: AgentCommand): object {
  return { ...command, type: commandType.encode(command.type) };
}
