import type { StepCall } from '@parley/durable-tasks';
import type { MessageBus } from '@parley/messaging';
import { type JsonValue, LIMITS, ParleyError, type TaskProgress } from '@parley/shared-models';
import { z } from 'zod';
import type { AgentDefinition, MessageContext } from '../agent-definition.ts';
import { errorOf } from '../given/error-of.ts';
import { jsonOf } from '../given/json-of.ts';
import type { StepInHand } from './task-driver.ts';

const PROGRESS_LENGTH = 1000;

export interface StepOptions {
  readonly definition: AgentDefinition;
  readonly context: MessageContext;
  readonly call: StepCall;
  readonly bus: Pick<MessageBus, 'signal'>;
}

/** Runs an agent's `onStep`. @throws ParleyError with the code of the attempt's outcome */
export async function doStep({ definition, context, call, bus }: StepOptions): Promise<JsonValue> {
  const { onStep } = definition;
  if (onStep === undefined) {
    throw new ParleyError('not_supported', `${definition.name} does no steps of tasks.`);
  }
  const progress = (text: string): void => {
    const body: TaskProgress = {
      taskId: call.taskId,
      conversationId: call.conversationId,
      stepId: call.stepId,
      agentId: context.agent.id,
      text: text.slice(0, PROGRESS_LENGTH).toWellFormed(),
      at: new Date().toISOString(),
    };
    bus.signal({ type: 'task.progress', key: call.conversationId, body: Buffer.from(JSON.stringify(body)) });
  };
  // Tells that the step has begun, and which agent does it.
  progress('');
  const { reply: _, stream: __, typing: ___, ...rest } = context;
  try {
    const given = await onStep.call(definition, { ...rest, step: stepInHand(call, progress) });
    return jsonOf(given ?? null, `What onStep of ${definition.name} returned`, LIMITS.taskBytes);
  } catch (thrown) {
    const error = errorOf(thrown);
    // The plan says how often a step is tried: one try here is one attempt.
    if (error instanceof ParleyError || context.signal.aborted) throw error;
    throw new ParleyError('agent_failed', `${definition.name} failed: ${error.message}`, { cause: error });
  }
}

function stepInHand(call: StepCall, progress: StepInHand['progress']): StepInHand {
  const { taskId, taskTitle, stepId, title, kind, round, attempt, key, input, results, rounds } = call;
  return {
    taskId,
    taskTitle,
    id: stepId,
    title,
    kind,
    round,
    attempt,
    key,
    input,
    results,
    rounds,
    progress,
    parseInput: (schema) => parsed(schema, input, 'The input'),
    parseResult: (id, schema) => parsed(schema, results[id], `The result of "${id}"`),
  };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ParleyError('invalid_request', `${what} is not as expected: ${z.prettifyError(result.error)}`, {
    cause: result.error,
  });
}
