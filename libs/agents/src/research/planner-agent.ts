import { type AgentDefinition, defineAgent, type MessageContext } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import type { DataFolder } from '@parley/research-tools';
import { ParleyError } from '@parley/shared-models';
import { languageModelCapability } from '../language-model-capability.ts';
import { asksForStatus, asksToCancel, beginsAnew } from './conversation/said-to-planner.ts';
import { sayStatus } from './conversation/say-status.ts';
import { makePlan, sayHelp } from './plan/make-plan.ts';
import { titleOf } from './plan/say-plan.ts';
import { openLibrary, readByRules, requestBefore } from './plan/understand.ts';
import { hasWork, type ResearchRequest } from './request/research-request.ts';

export const CLARIFIERS = 'clarifier';

type Task = Awaited<ReturnType<MessageContext['tasks']['start']>>;

/** Takes research requests, finds the steps, and drives the tasks; the steps are others' work. */
export function createPlannerAgent(model: LanguageModel, data: DataFolder): AgentDefinition {
  return defineAgent({
    name: 'Planner',
    description:
      'Researches stocks: plans the steps, has them done side by side, and brings a report with table and chart',
    capabilities: ['research', 'stock analysis', languageModelCapability(model)],
    keywords: [
      // One word each.
      ...(
        'analyze analyse analysis research investigate stock stocks shares nasdaq ticker volatility volatile drawdown report summary ' +
        'performance trend compare correlation returns market csv AAPL TSLA GOOGL MSFT AMZN Apple Tesla Google Microsoft Amazon Nvidia ' +
        'analysiere vergleiche Aktien Aktienkurs Aktienkurse Kurse Bericht Auswertung'
      ).split(' '),
      ...[
        'stock performance',
        'stock price',
        'share price',
        'stock volatility',
        'closing price',
        'trading volume',
      ],
      'key findings',
    ],
    examples: [
      'Analyze the stock performance of Apple, Google, and Tesla over the last month and summarize the key findings',
      "Rewrite the summary to focus only on Tesla's stock volatility",
      'Compare the share prices of Apple and Microsoft',
      'Which stock did best last month?',
      'Write a report with the key findings from the data',
      'How volatile was the share?',
      'What is the average return of the stock?',
      'Which stock had the largest drawdown this quarter?',
      'Research the trading volume of Amazon',
      'Analysiere die Aktienkurse von Apple und Tesla',
    ],
    holdsSession: true,
    concurrency: 16,
    timeoutMs: 180_000,
    tasks: { plan: (context) => makePlan(context, data, model) },

    async onMessage(context) {
      const { text, message, tasks } = context;
      const task = await tasks.latest();
      // Handled again, it begins the same task again, which changes nothing.
      const isMine = task?.rounds.some(({ requestId }) => requestId === message.id) ?? false;
      if (task !== undefined && !isMine) {
        const isOver = ['REFINEMENT_READY', 'FAILED', 'CANCELLED'].includes(task.state);
        if (!isOver && asksToCancel(text)) return sayStatus(await tasks.cancel(task.id));
        if (!isOver || asksForStatus(text)) return askClarifier(context, task);
      }
      return begin(context, task, isMine);
    },
  });

  async function begin({ text, message, tasks }: MessageContext, task: Task | undefined, isMine: boolean) {
    const at = new Date(message.createdAt);
    const library = await openLibrary(data);
    const refined =
      task !== undefined && (isMine ? task.rounds[0]?.requestId !== message.id : canRefine(task, text));
    const before = refined && task !== undefined ? requestBefore(task.steps) : undefined;
    const read = readByRules(text, library, at, before);
    if (model.isOffline && !isMine && !(refined ? read.isUnderstood : hasWork(read))) {
      return sayNothingToDo(
        read,
        library.companies.map(({ name }) => name),
      );
    }
    if (refined && task !== undefined) await tasks.refine(task.id);
    else await tasks.start({ title: hasWork(read) ? titleOf(read, library.companies) : text.slice(0, 300) });
    return undefined;
  }
}

function canRefine(task: Task, text: string): boolean {
  return task.state === 'REFINEMENT_READY' && !beginsAnew(text);
}

function sayNothingToDo({ notUnderstood }: ResearchRequest, names: readonly string[]): string {
  const unknown = notUnderstood.map((words) => `“${words}”`).join(', ');
  return `${unknown === '' ? 'I could not understand what to research.' : `I could not understand ${unknown}.`} ${sayHelp(names)}`;
}

/** While a task runs, another agent talks with the person about it; without that agent, the stored state is told. */
async function askClarifier({ text, ask, logger }: MessageContext, task: Task): Promise<string> {
  try {
    return (await ask({ group: CLARIFIERS }, text, { timeoutMs: 30_000 })).text;
  } catch (err) {
    if (!(err instanceof ParleyError) || err.code === 'cancelled') throw err;
    logger.warn({ err }, 'no clarifier has answered');
    return sayStatus(task);
  }
}
