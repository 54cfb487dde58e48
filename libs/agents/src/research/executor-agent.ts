import { type AgentDefinition, defineAgent } from '@parley/agent-kit';
import { languageModelCapability } from '../language-model-capability.ts';
import { doResearchStep } from './steps/do-research-step.ts';
import type { Tools } from './steps/tools.ts';

/** Does the steps of research tasks. As many instances as one likes share them. */
export function createExecutorAgent(tools: Tools): AgentDefinition {
  return defineAgent({
    name: 'Executor',
    description: 'Carries out steps for the Planner',
    capabilities: ['calculator', 'CSV queries', 'web pages', 'notes', languageModelCapability(tools.model)],
    concurrency: 4,
    timeoutMs: 250_000,
    onMessage: () => 'I do the steps of research tasks. Tell the Planner what you want to know.',
    onStep: (context) => doResearchStep(context, tools),
  });
}
