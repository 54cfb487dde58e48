import type { AgentDefinition, MessageContext, StepContext, StepRecord, TaskRecord } from '@parley/agent-kit';
import { createInMemoryAccess, createTestContext } from '@parley/agent-kit/testing';
import { createLogger } from '@parley/process-kit';
import { deriveId, type JsonValue, newId } from '@parley/shared-models';
import { asJson } from '../plan/plan-steps.ts';

/** A task in memory: the other agents plan and do, step by step, the rounds that the Planner begins. */
export interface ResearchHarness {
  /** Says something to the Planner; once more under the same id, as after a crash. Rounds that it begins stay in PLANNING until `work`. */
  say(
    text: string,
    messageId?: string,
  ): Promise<{ replies: readonly string[]; task: TaskRecord | undefined }>;
  /** Plans an unplanned round, and does the next `steps` steps; all and the report when not given. */
  work(steps?: number): Promise<TaskRecord>;
  /** Ids of all steps that were done, in their order. */
  readonly done: readonly string[];
  /** The messages that came with the plans. */
  readonly plans: readonly string[];
}

export interface ResearchTeam {
  readonly planner: AgentDefinition;
  readonly executor: AgentDefinition;
  readonly aggregator: AgentDefinition;
  readonly clarifier: AgentDefinition;
}

export function createResearchHarness(team: ResearchTeam): ResearchHarness {
  const conversationId = newId();
  const memory = createInMemoryAccess();
  const now = '2026-11-21T10:00:00.000Z';
  let task: TaskRecord | undefined;
  const done: string[] = [];
  const plans: string[] = [];

  const newRound = (round: number, requestId: string, text: string) => ({ round, requestId, text, at: now });
  const tasksOf = (context: MessageContext): MessageContext['tasks'] => ({
    async start({ title, text = context.text }) {
      if (task?.id === deriveId(context.message.id, 'task')) return task;
      task = {
        id: deriveId(context.message.id, 'task'),
        conversationId,
        group: 'planner',
        ownerId: 'ada',
        user: { kind: 'user', id: 'ada', name: 'Ada' },
        title,
        state: 'PLANNING',
        round: 1,
        rounds: [newRound(1, context.message.id, text)],
        steps: [],
        toSay: [],
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      return task;
    },
    async refine(_id, { text = context.text } = {}) {
      const before = mustHave(task);
      if (before.rounds.at(-1)?.requestId === context.message.id) return before;
      const round = before.round + 1;
      const rounds = [...before.rounds, newRound(round, context.message.id, text)];
      task = { ...before, state: 'PLANNING', round, rounds };
      return task;
    },
    latest: async () => task,
    list: async () => (task === undefined ? [] : [task]),
    async cancel() {
      task = { ...mustHave(task), state: 'CANCELLED' };
      return task;
    },
  });
  const talkTo = async (
    agent: AgentDefinition,
    text: string,
    messageId = newId(),
  ): Promise<readonly string[]> => {
    const ask = async (): Promise<string> => (await talkTo(team.clarifier, text)).join('\n');
    const test = createTestContext(text, {
      user: { id: 'ada', name: 'Ada' },
      agent: { id: agent.name, name: agent.name },
      group: agent.name.toLowerCase(),
      history: [],
      memory,
      messageId,
      conversationId,
      ask,
    });
    const returned = await agent.onMessage({ ...test.context, tasks: tasksOf(test.context) });
    return typeof returned === 'string' ? [...test.replies, returned] : test.replies;
  };
  const doOne = async (step: StepRecord, results: Record<string, JsonValue>): Promise<JsonValue> => {
    const agent = step.group === 'executor' ? team.executor : team.aggregator;
    const { context } = createTestContext(step.title, {
      user: { id: 'ada', name: 'Ada' },
      agent: { id: agent.name, name: agent.name },
      group: step.group,
      history: [],
      memory,
      messageId: newId(),
      conversationId,
    });
    const { rounds, id: taskId, title: taskTitle } = mustHave(task);
    const { id, title, kind, round, input } = step;
    const inHand: StepContext['step'] = {
      ...{ taskId, taskTitle, id, title, kind, round, rounds, input, results, attempt: 1 },
      key: deriveId(taskId, id),
      parseInput: (schema) => schema.parse(input),
      parseResult: (stepId, schema) => schema.parse(results[stepId]),
      progress: () => {},
    };
    if (agent.onStep === undefined) throw new Error(`${agent.name} does no steps`);
    return agent.onStep({ ...context, step: inHand });
  };

  const plan = async (): Promise<void> => {
    const current = mustHave(task);
    const made = await team.planner.tasks?.plan({
      ...{
        taskId: current.id,
        title: current.title,
        text: current.rounds.at(-1)?.text ?? '',
        input: undefined,
      },
      ...{
        round: current.round,
        rounds: current.rounds,
        steps: current.steps,
        user: { id: 'ada', name: 'Ada' },
      },
      signal: new AbortController().signal,
      logger: createLogger('test', 'silent'),
    });
    if (made === undefined) throw new Error('the Planner plans nothing');
    if (made.message !== undefined) plans.push(made.message);
    const common = {
      round: current.round,
      state: 'pending' as const,
      attempt: 0,
      timeoutMs: 60_000,
      maxAttempts: 3,
    };
    const known = new Set(current.steps.map(({ id }) => id));
    const added = made.steps
      .filter(({ id }) => !known.has(id))
      .map((step) => ({
        ...{ ...step, ...common, retryMs: 0, kind: 'step' as const },
        ...{ dependsOn: step.dependsOn ?? [], input: asJson(step.input) },
      }));
    const aggregate = {
      ...{ ...made.aggregate, ...common, retryMs: 0, kind: 'aggregate' as const },
      ...{ dependsOn: [], input: asJson(made.aggregate.input) },
    };
    const steps = [...current.steps, ...added, { ...aggregate, id: `report-${current.round}` }];
    task = { ...current, state: 'EXECUTING', steps };
  };

  return {
    done,
    plans,
    async say(text, messageId) {
      const replies = await talkTo(team.planner, text, messageId);
      return { replies, task };
    },
    async work(count = Number.POSITIVE_INFINITY) {
      if (mustHave(task).state === 'PLANNING') await plan();
      for (let left = count; left > 0; left--) {
        const current = mustHave(task);
        const results = Object.fromEntries(
          current.steps.flatMap(({ id, kind, result }) =>
            kind === 'step' && result !== undefined ? [[id, result]] : [],
          ),
        );
        const pending = current.steps.filter(({ state }) => state === 'pending');
        const next = pending.find(({ dependsOn }) => dependsOn.every((id) => Object.hasOwn(results, id)));
        if (next === undefined) throw new Error('no step can begin');
        const needed = next.kind === 'aggregate' ? Object.keys(results) : next.dependsOn;
        const given = Object.fromEntries(needed.map((id) => [id, results[id] ?? null]));
        const result = await doOne(next, given);
        done.push(next.id);
        const steps = current.steps.map((step) =>
          step.id === next.id ? { ...step, state: 'done' as const, result } : step,
        );
        task = { ...current, steps };
        if (next.kind === 'step') continue;
        const report = result as { text: string };
        const rounds = current.rounds.map((round) =>
          round.round === current.round ? { ...round, report } : round,
        );
        task = { ...current, steps, rounds, state: 'REFINEMENT_READY' };
        return task;
      }
      return mustHave(task);
    },
  };
}

function mustHave(task: TaskRecord | undefined): TaskRecord {
  if (task === undefined) throw new Error('there is no task');
  return task;
}
