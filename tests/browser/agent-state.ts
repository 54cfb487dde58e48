import { eventually } from '@parley/messaging/test-queue';
import type { AgentState } from '@parley/shared-models';
import type { ParleyProcess } from '../harness/parley-process.ts';
import { PATIENCE_MS } from './browser.ts';

/**
 * Resolves when the agent's process has received the state that an operator asked for. Pages show that state at once, but
 * until then the process takes messages as before.
 */
export async function untilAgentHasState(agent: ParleyProcess | undefined, state: AgentState): Promise<void> {
  if (agent === undefined) throw new Error('no such agent was started');
  await eventually(() => {
    const told = agent.log.findLast(({ msg }) => msg === 'the server changed the state')?.to;
    if (told !== state) throw new Error(`the agent was told ${String(told)}, not ${state}`);
  }, PATIENCE_MS);
}
