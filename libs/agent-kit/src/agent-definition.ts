import type { Logger } from '@parley/process-kit';
import type { ChatMessage, JsonValue } from '@parley/shared-models';

/** What an agent has in hand while it answers one message. */
export interface MessageContext {
  /** What the person wrote. */
  readonly text: string;
  readonly message: ChatMessage;
  readonly conversationId: string;
  /** The agent itself, as it is registered. */
  readonly agent: { readonly id: string; readonly name: string };
  /**
   * Sends a finished reply; resolves when it is safe in the queue. May be called several times.
   * @throws ParleyError `cancelled` after the sender stopped the answer
   */
  reply(text: string, metadata?: Readonly<Record<string, JsonValue>>): Promise<void>;
  /**
   * Sends a reply while it is being written: each piece is shown at once, the whole is the reply.
   * Returns the whole text. When the source throws, what was shown is withdrawn and the error goes on.
   */
  stream(pieces: AsyncIterable<string>, metadata?: Readonly<Record<string, JsonValue>>): Promise<string>;
  /** Shows "is typing" to the people in the conversation; ends by itself with the reply. */
  typing(isTyping?: boolean): void;
  /** Aborted when the sender stops the answer, on `timeoutMs`, and on shutdown after the drain time. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

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
  /** Tries before a message that throws becomes a dead letter. @default 3 */
  readonly attempts?: number;
  /** Answers a message. A returned text is the reply when `reply` and `stream` were not called. */
  // biome-ignore lint/suspicious/noConfusingVoidType: `({ reply }) => reply('Hello')` is a handler too
  onMessage(context: MessageContext): Promise<string | void> | string | void;
}

/** Marks a file's default export as an agent; checks nothing at run time that the types do not check. */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  return definition;
}
