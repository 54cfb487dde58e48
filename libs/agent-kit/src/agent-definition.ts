import type { Logger } from '@parley/process-kit';
import type { ChatMessage, JsonValue } from '@parley/shared-models';
import type { AgentMemory } from './agent-memory.ts';
import type { CommandContext, CommandOutcome } from './commands/command-context.ts';
import type { EventContext, EventSchemas, EventSubscription, Publish } from './events/event-context.ts';
import type { TaskAccess } from './tasks/task-access.ts';
import type { StepInHand, TaskDriver } from './tasks/task-driver.ts';

/** Another agent: its name as people see it, or one of these. */
export type AgentAddress =
  | string
  | { readonly group: string }
  | { readonly agentId: string }
  | { readonly agentName: string };

/** The context of a handler that answers one message. */
export interface MessageContext {
  /** The person's text. */
  readonly text: string;
  readonly message: ChatMessage;
  readonly conversationId: string;
  /** The agent itself, as it is registered. */
  readonly agent: { readonly id: string; readonly name: string };
  /**
   * Sends a finished reply; resolves when it is safe in the queue. May be called several times, 1000 at most. A text
   * longer than a message may be (60,000 characters) is cut off there, and marked so.
   * @throws ParleyError `cancelled` after the sender stopped the answer
   */
  reply(text: string, metadata?: Readonly<Record<string, JsonValue>>): Promise<void>;
  /**
   * Sends a reply while it is being written: each piece is shown at once, the whole is the reply. Pieces are texts or
   * bytes of UTF-8, such as `response.body`. Returns the whole text. Ends, with the text shown until then as the reply,
   * when the sender stops the answer and at the longest that a message may be, which is marked. When the source throws,
   * the text shown is withdrawn and the error goes on. `metadata` as a function is called once the source has ended, for
   * data that is known only then.
   */
  stream(
    pieces: AsyncIterable<string | Uint8Array>,
    metadata?: Readonly<Record<string, JsonValue>> | (() => Readonly<Record<string, JsonValue>>),
  ): Promise<string>;
  /** The person at whose wish this happens, also where another agent asks on their behalf. */
  readonly user: { readonly id: string; readonly name: string };
  /** The agent's memory about `user`; `memory.shared` is the agent's own. */
  readonly memory: AgentMemory;
  /** The messages of this conversation before this one, oldest first. `limit` 1 to 500. @default 50 */
  history(options?: { readonly limit?: number }): Promise<readonly ChatMessage[]>;
  /**
   * Asks another agent and resolves with its (first) reply. Asked once for each message: when the message is handled
   * again, the same answer comes.
   * `timeoutMs`: the longest wait in milliseconds, 1 to 600000. @default 60000
   * @throws ParleyError `ask_loop` when that agent is already waiting for the answer, `ask_depth` after five agents have
   * asked one another, `agent_timeout` when no answer came in time, or the code with which the other one failed
   */
  ask(agent: AgentAddress, text: string, options?: { readonly timeoutMs?: number }): Promise<ChatMessage>;
  /** Publishes an event on a channel, as part of handling this message. */
  readonly publish: Publish;
  /** Long tasks of this conversation: begins, refines and stops them, and tells how far they are. */
  readonly tasks: TaskAccess;
  /** Shows "is typing" to the people in the conversation; ends by itself with the reply. */
  typing(isTyping?: boolean): void;
  /** Aborted when the sender stops the answer, on `timeoutMs`, and on shutdown after the drain time. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** The context of a handler that does one step of a task. `text` is the step's title. */
export interface StepContext extends Omit<MessageContext, 'reply' | 'stream' | 'typing'> {
  readonly step: StepInHand;
}

/** A handler's result: returned at once, later, or not at all. */
// biome-ignore lint/suspicious/noConfusingVoidType: `({ reply }) => reply('Hello')` is a handler too
type MayReturn<T> = Promise<T | void> | T | void;

/** An agent, complete. Everything but `name` and `onMessage` may be left out. */
export interface AgentDefinition {
  /** As people see it: `Finance`. */
  readonly name: string;
  /** Instances of one group share their work. @default the name as a slug */
  readonly group?: string;
  /** One sentence for people and for the router. @default '' */
  readonly description?: string;
  readonly capabilities?: readonly string[];
  /** Words that speak for this agent. */
  readonly keywords?: readonly string[];
  /** Sentences that a person would write to it. */
  readonly examples?: readonly string[];
  /** Messages handled at once; those of one conversation always come one after another. @default 4 */
  readonly concurrency?: number;
  /** After this the signal is aborted and the message fails, in milliseconds. @default 120000 */
  readonly timeoutMs?: number;
  /** Tries before a message that throws becomes a dead letter, 1 to 100. @default 3 */
  readonly attempts?: number;
  /**
   * Its handlers run in threads of their own, one for each message, step or event in hand: one that computes for long
   * without an `await` holds up nothing else, and can be stopped. `onCommand` stays in the process. The file is loaded
   * once in each thread. @default false
   */
  readonly isolated?: boolean;
  /**
   * Once it has answered in a conversation, later messages there go to it too, until the person writes END. @default
   * false
   */
  readonly holdsSession?: boolean;
  /** Answers a message. A returned text is the reply when `reply` and `stream` were not called. */
  onMessage(context: MessageContext): MayReturn<string>;
  /** Answers the END with which a person leaves the agent's session. @default a friendly sentence with its name */
  onSessionEnd?(context: MessageContext): MayReturn<string>;
  /**
   * Executes an operator's command, once: a connection that was lost meanwhile repeats nothing. Its error's text is shown
   * as the reason why the command failed. @default commands are refused
   */
  onCommand?(context: CommandContext): MayReturn<CommandOutcome>;
  /** Events that the agent's group wants; they wait in a queue of its own. @default none */
  readonly subscriptions?: readonly EventSubscription[];
  /** Shapes of payloads, by event type. @default any payload is taken */
  readonly events?: EventSchemas;
  /** Handles an event of `subscriptions`. When it throws, the event is tried again, and then becomes a dead letter. */
  onEvent?(context: EventContext): Promise<void> | void;
  /** How its group drives long tasks, which `context.tasks.start` begins. @default it begins none */
  readonly tasks?: TaskDriver;
  /**
   * Does a step of a task and returns its result, a JSON value. Of an object, the text `summary` is shown to people, else
   * the beginning of the whole. When it throws, the step is tried again by the plan's rules; a `ParleyError` whose code
   * allows no retry fails the step for good. @default steps are refused
   */
  onStep?(context: StepContext): Promise<JsonValue> | JsonValue;
  /** Commands that run at once; further ones wait. @default 4 */
  readonly commandConcurrency?: number;
  /**
   * Why it joins only a server where people sign in, for the person who starts it elsewhere: there it ends with this
   * text.
   * @default it joins any server
   */
  readonly needsSignIn?: string;
}

/** Marks a file's default export as an agent. It is checked when it is started, with the name of each field that is wrong. */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  return definition;
}
