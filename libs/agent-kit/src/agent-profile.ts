import { AgentProfile, CAPABILITIES, slugOf } from '@parley/shared-models';
import type { AgentDefinition } from './agent-definition.ts';

/** What the agent says about itself when it registers. @throws ZodError that names the field that is wrong */
export function profileOf(definition: AgentDefinition, name: string = definition.name): AgentProfile {
  return AgentProfile.parse({
    name,
    group: definition.group ?? slugOf(name),
    description: definition.description,
    capabilities: capabilitiesOf(definition),
    keywords: definition.keywords,
    examples: definition.examples,
    concurrency: definition.concurrency,
  });
}

function capabilitiesOf({ capabilities = [], holdsSession = false }: AgentDefinition): readonly string[] {
  if (!holdsSession || capabilities.includes(CAPABILITIES.holdsSession)) return capabilities;
  return [...capabilities, CAPABILITIES.holdsSession];
}
