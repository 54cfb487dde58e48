import { STEP_CALL, StepCall } from '@parley/durable-tasks';
import { Reject } from '@parley/messaging';
import type { ChatMessage } from '@parley/shared-models';

/** The step that a message asks for, if it is one of a task. Only servers write such messages. */
export function stepCallOf({ sender, metadata }: ChatMessage): StepCall | undefined {
  const given = metadata?.[STEP_CALL];
  if (sender.kind !== 'agent' || given === undefined) return undefined;
  const call = StepCall.safeParse(given);
  if (call.success) return call.data;
  throw new Reject('malformed_message', 'the step is not valid', { cause: call.error });
}
