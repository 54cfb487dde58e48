import type { Push } from '@parley/control-plane';
import { type AgentCommand, newId, ParleyError } from '@parley/shared-models';

/** The open command streams of the agents: the way from the server to a process. */
export interface CommandStreams {
  open(agentId: string, push: Push<AgentCommand>): () => void;
  /** Whether the command went out. */
  send(agentId: string, command: AgentCommand): boolean;
  /** Tells the agent of a state at once; its heartbeat tells it too, later. */
  tellState(agentId: string, state: 'online' | 'paused'): void;
  /** Ends the stream of a process that was replaced: it stops at once instead of with its next heartbeat. */
  fence(agentId: string, message: string): void;
}

export function createCommandStreams(): CommandStreams {
  const streams = new Map<string, Push<AgentCommand>>();
  const send = (agentId: string, command: AgentCommand): boolean =>
    streams.get(agentId)?.send(command) ?? false;
  return {
    open(agentId, push) {
      streams.get(agentId)?.end();
      streams.set(agentId, push);
      return () => {
        if (streams.get(agentId) === push) streams.delete(agentId);
      };
    },
    send,
    tellState(agentId, state) {
      const type = state === 'paused' ? 'pause' : 'resume';
      send(agentId, { commandId: newId(), type, content: '', timeoutMs: 0, isCancellation: false });
    },
    fence(agentId, message) {
      streams.get(agentId)?.end(new ParleyError('stale_incarnation', message));
      streams.delete(agentId);
    },
  };
}
