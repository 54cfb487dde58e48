import type { StepCall } from '@parley/durable-tasks';
import { type JsonValue, newId, TaskProgress } from '@parley/shared-models';
import type { AgentDefinition } from '../agent-definition.ts';
import { profileOf } from '../agent-profile.ts';
import { doStep } from '../tasks/do-step.ts';
import { createTestContext, type TestContext, type TestContextOptions } from './test-context.ts';

export interface TestStepOptions extends TestContextOptions {
  /** Fields of the step: its input, the results of those before, its kind. @default an empty first step */
  readonly step?: Partial<StepCall>;
}

/** The outcome of a step. */
export interface TestedStep extends Pick<TestContext, 'asked' | 'published' | 'memory'> {
  readonly result: JsonValue;
  /** Its progress texts. */
  readonly progress: readonly string[];
}

/** Lets an agent do a step of a task. Rejects with a `ParleyError` as the attempt would fail. */
export async function testStep(
  definition: AgentDefinition,
  { step, ...options }: TestStepOptions = {},
): Promise<TestedStep> {
  const { name, group } = profileOf(definition);
  const title = step?.title ?? 'A step';
  const { context, asked, published, memory } = createTestContext(title, {
    agent: { id: group, name },
    group,
    ...options,
  });
  const conversationId = newId();
  const call: StepCall = {
    taskId: newId(),
    taskTitle: 'A task',
    stepId: 'step',
    title,
    kind: 'step',
    round: 1,
    attempt: 1,
    timeoutMs: 60_000,
    key: newId(),
    conversationId,
    results: {},
    rounds: [{ round: 1, requestId: newId(), text: title, at: new Date().toISOString() }],
    ...step,
  };
  const progress: string[] = [];
  const result = await doStep({
    definition,
    context,
    call,
    bus: {
      signal({ body }) {
        const { text } = TaskProgress.parse(JSON.parse(Buffer.from(body).toString('utf8')));
        if (text !== '') progress.push(text);
      },
    },
  });
  return { result, progress, asked, published, memory };
}
