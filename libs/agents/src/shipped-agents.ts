import path from 'node:path';
import type { AgentDefinition } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { AllowListSetting } from '@parley/research-tools/allow-list';
import type { ListAgents } from './wellness/general/list-agents.ts';

/** An agent that comes with Parley. */
export interface ShippedAgent {
  /** Its name for `--use`. */
  readonly name: string;
  /** How many of it run where all run in one process. @default 1 */
  readonly instances?: number;
  /** Loads its code, so that a process loads that of its own agent only. */
  create(deps: ShippedAgentDeps): Promise<AgentDefinition>;
}

/** Settings of the research agents, for the processes that run them. */
export const ResearchSettings = {
  RESEARCH_FETCH_ALLOW: AllowListSetting.describe(
    'hosts whose pages research may read, such as "example.com, *.example.org"; unset: none',
  ),
};

/** Dependencies of the shipped agents; each takes those that it uses. */
export interface ShippedAgentDeps {
  readonly languageModel: LanguageModel;
  /** Lets General see the other agents; `createAgentDirectory` makes one. @default it says that it cannot see them */
  readonly listAgents?: ListAgents;
  readonly config: {
    /** Email's outbox and research's own files lie below it. */
    readonly DATA_DIR: string;
    /** As `MailerOptions`. */
    readonly SMTP_URL?: string | undefined;
    readonly SMTP_FROM?: string | undefined;
    /** Hosts whose pages the Executor may get. */
    readonly RESEARCH_FETCH_ALLOW: readonly string[];
  };
}

const agents: readonly ShippedAgent[] = [
  {
    name: 'echo',
    create: async () => (await import('./echo/echo-agent.ts')).echoAgent,
  },
  {
    name: 'assistant',
    async create({ languageModel }) {
      const { createAssistantAgent } = await import('./assistant/assistant-agent.ts');
      return createAssistantAgent(languageModel);
    },
  },
  {
    name: 'hr',
    async create({ languageModel }) {
      const { createHrAgent } = await import('./helpdesk/hr/hr-agent.ts');
      return createHrAgent(languageModel);
    },
  },
  {
    name: 'finance',
    async create({ languageModel }) {
      const { createFinanceAgent } = await import('./helpdesk/finance/finance-agent.ts');
      return createFinanceAgent(languageModel);
    },
  },
  {
    name: 'helios',
    async create({ languageModel }) {
      const { createHeliosAgent } = await import('./wellness/helios/helios-agent.ts');
      return createHeliosAgent(languageModel);
    },
  },
  {
    name: 'ceres',
    async create({ languageModel }) {
      const { createCeresAgent } = await import('./wellness/ceres/ceres-agent.ts');
      return createCeresAgent(languageModel);
    },
  },
  {
    name: 'general',
    async create({ languageModel, listAgents }) {
      const { createGeneralAgent } = await import('./wellness/general/general-agent.ts');
      return createGeneralAgent(languageModel, listAgents);
    },
  },
  {
    name: 'coordinator',
    create: async () => (await import('./orders/coordinator-agent.ts')).createCoordinatorAgent(),
  },
  {
    name: 'orders',
    create: async () => (await import('./orders/orders-agent.ts')).createOrdersAgent(),
  },
  {
    name: 'email',
    async create({ config: { SMTP_URL: smtpUrl, SMTP_FROM: smtpFrom, DATA_DIR: dataDir } }) {
      const { createEmailAgent } = await import('./orders/email-agent.ts');
      const { createMailer } = await import('./orders/mailer.ts');
      return createEmailAgent(createMailer({ smtpUrl, smtpFrom, dataDir }));
    },
  },
  {
    name: 'planner',
    async create({ languageModel, config }) {
      const { createPlannerAgent } = await import('./research/planner-agent.ts');
      return createPlannerAgent(languageModel, await researchData(config));
    },
  },
  {
    name: 'executor',
    instances: 2,
    async create({ languageModel, config }) {
      const { createExecutorAgent } = await import('./research/executor-agent.ts');
      const { createPageFetcher } = await import('@parley/research-tools');
      const fetchPage = createPageFetcher({ allow: config.RESEARCH_FETCH_ALLOW });
      return createExecutorAgent({ model: languageModel, data: await researchData(config), fetchPage });
    },
  },
  {
    name: 'aggregator',
    async create({ languageModel }) {
      const { createAggregatorAgent } = await import('./research/aggregator-agent.ts');
      return createAggregatorAgent(languageModel);
    },
  },
  {
    name: 'clarifier',
    async create({ languageModel }) {
      const { createClarifierAgent } = await import('./research/clarifier-agent.ts');
      return createClarifierAgent(languageModel);
    },
  },
];

/** The samples, and the operator's files in `research/` of the data folder. */
async function researchData({ DATA_DIR }: ShippedAgentDeps['config']) {
  const { createDataFolder } = await import('@parley/research-tools');
  return createDataFolder({ own: path.join(DATA_DIR, 'research') });
}

/** By their names for `--use`. */
export const shippedAgents: Readonly<Record<string, ShippedAgent>> = Object.fromEntries(
  agents.map((agent) => [agent.name, agent]),
);
