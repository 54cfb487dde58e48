import type { AgentDefinition } from '@parley/agent-kit';
import { newId } from '@parley/shared-models';
import { z } from 'zod';
import { importDefinition } from './import-definition.ts';
import { installModuleHooks } from './module-hooks.ts';

/** For threads of an isolated agent: its definition, out of the path of a user's file. @throws as `importDefinition` */
export default function loadInThread(file: unknown): Promise<AgentDefinition> {
  installModuleHooks();
  return importDefinition(z.string().parse(file), newId());
}
