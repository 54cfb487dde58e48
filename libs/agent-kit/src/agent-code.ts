import { types } from 'node:util';
import type { StepCall } from '@parley/durable-tasks';
import type { MessageBus } from '@parley/messaging';
import { type JsonValue, ParleyError } from '@parley/shared-models';
import type { AgentDefinition, MessageContext } from './agent-definition.ts';
import { type ContextParts, createContext } from './context/create-context.ts';
import { type EventParts, handleEvent } from './events/handle-event.ts';
import { describeValue } from './given/describe-value.ts';
import { doStep } from './tasks/do-step.ts';

/** One message, and everything that its handler reaches. */
interface MessageRun {
  readonly parts: ContextParts;
  /** How many replies there are. */
  written(): number;
  /** The person leaves the agent's session with it. */
  readonly isSessionEnd: boolean;
}

/** One step of a task, and everything that its handler reaches. */
interface StepRun {
  readonly parts: ContextParts;
  readonly call: StepCall;
  readonly bus: Pick<MessageBus, 'signal'>;
}

/** An agent's own code: in this thread, or in threads of its own. */
export interface AgentCode {
  readonly definition: AgentDefinition;
  /** Resolves with the text that is still to be replied. @throws the handler's errors */
  message(run: MessageRun): Promise<string | undefined>;
  /** @throws ParleyError with the code of the attempt's outcome */
  step(run: StepRun): Promise<JsonValue>;
  /** @throws the handler's errors, or Reject when the payload is not as the definition wants it */
  event(parts: EventParts): Promise<void>;
  /** Begins nothing new; runs in hand are finished. */
  retire(): void;
  /** Ends the runs in hand too. */
  close(): Promise<void>;
}

export function codeInThisThread(definition: AgentDefinition): AgentCode {
  return {
    definition,
    message: ({ parts, isSessionEnd, written }) =>
      runHandler(definition, createContext(parts), isSessionEnd, written),
    step: ({ parts, call, bus }) => doStep({ definition, context: createContext(parts), call, bus }),
    event: (parts) => handleEvent(definition, parts),
    retire() {},
    async close() {},
  };
}

/**
 * Runs the part of the definition that the message is for: END, with which a session is left, or anything else. Resolves
 * with the text that is still to be replied.
 * @param written how many replies there are
 * @throws ParleyError `agent_failed` when the handler returns something that is no text
 */
export async function runHandler(
  definition: AgentDefinition,
  context: MessageContext,
  isSessionEnd: boolean,
  written: () => number,
): Promise<string | undefined> {
  if (isSessionEnd && definition.onSessionEnd === undefined) {
    return `You have left the conversation with ${context.agent.name}. Write again whenever you like.`;
  }
  const handler = isSessionEnd ? 'onSessionEnd' : 'onMessage';
  const returned: unknown = await definition[handler]?.(context);
  // JavaScript code returns `null` for nothing as often as `undefined`.
  if (returned === undefined || returned === null || returned === '') return undefined;
  if (typeof returned !== 'string') {
    const given = `${handler} of ${definition.name} returned ${describeValue(returned)}`;
    const hint = types.isUint8Array(returned) ? ' Decode bytes first, or give them to stream().' : '';
    const message = `${given}; it may return a text, which is the reply, or nothing.${hint}`;
    if (written() === 0) throw new ParleyError('agent_failed', message);
    context.logger.warn(message);
    return undefined;
  }
  // A text that `stream` returned, or a text beside a reply, has been sent already.
  return written() === 0 ? returned : undefined;
}
