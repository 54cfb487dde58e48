import { ParleyError } from '@parley/shared-models';
import type { CommandStore } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { CommandDelivery } from './command-delivery.ts';
import type { CommandWatch } from './command-watch.ts';

/** Which process speaks for an agent: commands belong to the one that they were sent to. */
export interface AgentProcesses {
  /** It has registered; commands sent to another process of the agent are lost. */
  registered(process: { agentId: string; instanceId: string; incarnation: number }): Promise<void>;
  /** It has left; commands sent to it are lost. */
  left(agentId: string, incarnation: number): Promise<void>;
  /** It has opened its stream. The returned function is to be called when the stream is gone. */
  opened(agentId: string, incarnation: number): Promise<() => void>;
  /** @throws ParleyError `not_registered` */
  instanceOf(agentId: string, incarnation: number): Promise<string>;
}

export function createAgentProcesses(options: {
  readonly commands: CommandStore;
  readonly agents: AgentRegistry;
  readonly delivery: CommandDelivery;
  readonly watch: CommandWatch;
}): AgentProcesses {
  const { commands, agents, delivery, watch } = options;
  /** Of the incarnations that were registered at another server, or before this one started. */
  const instances = new Map<string, { readonly incarnation: number; readonly instanceId: string }>();

  const instanceOf = async (agentId: string, incarnation: number): Promise<string> => {
    const entry = agents.require(agentId, incarnation);
    if (entry.instanceId !== '') return entry.instanceId;
    const known = instances.get(agentId);
    if (known?.incarnation === incarnation) return known.instanceId;
    const [process] = await commands.processesOf([agentId]);
    if (process?.incarnation !== incarnation)
      throw new ParleyError('not_registered', `The process of "${agentId}" is not known.`);
    instances.set(agentId, process);
    return process.instanceId;
  };

  return {
    async registered(process) {
      await commands.bindProcess(process);
      if ((await commands.listOpen(process.agentId)).length > 0) await watch.look();
    },
    async left(agentId, incarnation) {
      await commands.unbindProcess(agentId, incarnation);
      if ((await commands.listOpen(agentId)).length > 0) await watch.look();
    },
    async opened(agentId, incarnation) {
      const instanceId = await instanceOf(agentId, incarnation);
      return delivery.opened(agentId, instanceId);
    },
    instanceOf,
  };
}
