import type { AgentServices } from '@parley/control-plane';
import { ParleyError } from '@parley/shared-models';
import { createInMemoryAccess } from '../src/testing/in-memory-access.ts';
import { createInMemoryTasks } from '../src/testing/in-memory-tasks.ts';

/** A server's services for an agent, without a server: memory is kept, history is empty, nobody answers a question. */
export function createInMemoryServices(): AgentServices {
  return {
    ...createInMemoryAccess(),
    ...createInMemoryTasks(),
    history: async () => [],
    listEvents: async () => [],
    ask: async ({ target }) => {
      throw new ParleyError('unknown_agent', `Nobody answers ${JSON.stringify(target)} here.`);
    },
    cancelAsk: async () => {},
    isWanted: async () => true,
  };
}
