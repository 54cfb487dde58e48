import type { StepCall } from '@parley/durable-tasks';
import type { MessageBus } from '@parley/messaging';
import type { JsonValue } from '@parley/shared-models';
import type { AgentDefinition } from './agent-definition.ts';
import { type ContextParts, createContext } from './context/create-context.ts';
import { runHandler } from './context/run-handler.ts';
import { type EventParts, handleEvent } from './events/handle-event.ts';
import { doStep } from './tasks/do-step.ts';

/** One message, and what its handler reaches. */
export interface MessageRun {
  readonly parts: ContextParts;
  /** How many replies there are. */
  written(): number;
  /** The person leaves the agent's session with it. */
  readonly isSessionEnd: boolean;
}

/** One step of a task, and what its handler reaches. */
export interface StepRun {
  readonly parts: ContextParts;
  readonly call: StepCall;
  readonly bus: Pick<MessageBus, 'signal'>;
}

/** An agent's own code: in this thread, or in threads of its own. */
export interface AgentCode {
  readonly definition: AgentDefinition;
  /** Resolves with what is still to be replied. @throws what the handler throws */
  message(run: MessageRun): Promise<string | undefined>;
  /** @throws ParleyError with the code of what became of the attempt */
  step(run: StepRun): Promise<JsonValue>;
  /** @throws what the handler throws, or Reject when the payload is not as the definition wants it */
  event(parts: EventParts): Promise<void>;
  /** Begins nothing new; what is in hand is finished. */
  retire(): void;
  /** Ends what is in hand too. */
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
