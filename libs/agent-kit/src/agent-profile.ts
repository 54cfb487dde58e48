import { hostname } from 'node:os';
import { AgentProfile, CAPABILITIES, slugOf } from '@parley/shared-models';
import type { AgentDefinition } from './agent-definition.ts';

/** What the agent says about itself when it registers. @throws ZodError that names the field that is wrong */
export function profileOf(definition: AgentDefinition, name: string = definition.name): AgentProfile {
  const capabilities = capabilitiesOf(definition);
  return AgentProfile.parse({
    name,
    group: definition.group ?? slugOf(name),
    description: definition.description,
    capabilities,
    keywords: definition.keywords,
    examples: definition.examples,
    concurrency: definition.concurrency,
    ...(definition.timeoutMs === undefined ? {} : { timeoutMs: definition.timeoutMs }),
    ...(capabilities.includes(CAPABILITIES.executesCommands) ? { host: hostname() } : {}),
  });
}

/** The id that an agent wants where it was given none: one that executes commands is told by its machine. */
export function ownIdOf({ name, host }: Pick<AgentProfile, 'name' | 'host'>): string {
  // The dots of a machine's name are no loss: two that differ in nothing else are given different numbers.
  return slugOf(host === undefined ? name : `${name} ${host.replaceAll('.', '-')}`);
}

function capabilitiesOf({ capabilities = [], holdsSession = false }: AgentDefinition): readonly string[] {
  if (!holdsSession || capabilities.includes(CAPABILITIES.holdsSession)) return capabilities;
  return [...capabilities, CAPABILITIES.holdsSession];
}
