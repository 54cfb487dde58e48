import type { AgentDefinition } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { createDataFolder, createPageFetcher, type DataFolder, type FetchPage } from '@parley/research-tools';
import { createAssistantAgent } from './assistant/assistant-agent.ts';
import { echoAgent } from './echo/echo-agent.ts';
import { createFinanceAgent } from './helpdesk/finance/finance-agent.ts';
import { createHrAgent } from './helpdesk/hr/hr-agent.ts';
import { createCoordinatorAgent } from './orders/coordinator-agent.ts';
import { createEmailAgent } from './orders/email-agent.ts';
import { type Mailer, noMailer } from './orders/mailer.ts';
import { createOrdersAgent } from './orders/orders-agent.ts';
import {
  createAggregatorAgent,
  createClarifierAgent,
  createExecutorAgent,
  createPlannerAgent,
} from './research/index.ts';
import { createCeresAgent } from './wellness/ceres/ceres-agent.ts';
import { createGeneralAgent } from './wellness/general/general-agent.ts';
import type { ListAgents } from './wellness/general/list-agents.ts';
import { createHeliosAgent } from './wellness/helios/helios-agent.ts';

/** An agent that comes with Parley. */
export interface ShippedAgent {
  /** Its name for `--use`. */
  readonly name: string;
  /** How many of it run where all run in one process. @default 1 */
  readonly instances?: number;
  create(deps: ShippedAgentDeps): AgentDefinition;
}

/** What shipped agents may need; each takes what it uses. */
export interface ShippedAgentDeps {
  readonly languageModel: LanguageModel;
  /** How Email sends; `createMailer` makes one. @default it cannot send, and says so */
  readonly mailer?: Mailer;
  /** Lets General see the other agents; `createAgentDirectory` makes one. @default it says that it cannot see them */
  readonly listAgents?: ListAgents;
  /** What research has to read, of the Planner and the Executor; `createDataFolder` makes one. @default the samples that ship */
  readonly data?: DataFolder;
  /** Gets pages for the Executor; `createPageFetcher` makes one. @default none are allowed */
  readonly fetchPage?: FetchPage;
}

const agents: readonly ShippedAgent[] = [
  { name: 'echo', create: () => echoAgent },
  { name: 'assistant', create: ({ languageModel }) => createAssistantAgent(languageModel) },
  { name: 'hr', create: ({ languageModel }) => createHrAgent(languageModel) },
  { name: 'finance', create: ({ languageModel }) => createFinanceAgent(languageModel) },
  { name: 'helios', create: ({ languageModel }) => createHeliosAgent(languageModel) },
  { name: 'ceres', create: ({ languageModel }) => createCeresAgent(languageModel) },
  {
    name: 'general',
    create: ({ languageModel, listAgents }) => createGeneralAgent(languageModel, listAgents),
  },
  { name: 'coordinator', create: () => createCoordinatorAgent() },
  { name: 'orders', create: () => createOrdersAgent() },
  { name: 'email', create: ({ mailer = noMailer }) => createEmailAgent(mailer) },
  {
    name: 'planner',
    create: ({ languageModel, data = createDataFolder() }) => createPlannerAgent(languageModel, data),
  },
  {
    name: 'executor',
    instances: 2,
    create: ({
      languageModel: model,
      data = createDataFolder(),
      fetchPage = createPageFetcher({ allow: [] }),
    }) => createExecutorAgent({ model, data, fetchPage }),
  },
  { name: 'aggregator', create: ({ languageModel }) => createAggregatorAgent(languageModel) },
  { name: 'clarifier', create: ({ languageModel }) => createClarifierAgent(languageModel) },
];

/** By their names for `--use`. */
export const shippedAgents: Readonly<Record<string, ShippedAgent>> = Object.fromEntries(
  agents.map((agent) => [agent.name, agent]),
);
