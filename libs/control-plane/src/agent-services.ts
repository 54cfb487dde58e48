import type { ChannelName, ChatMessage, PublishedEvent, Target } from '@parley/shared-models';
import type { TaskServices } from './task-services.ts';

/** A value of a group's memory, as it was at one version. */
export interface MemoryEntry {
  readonly key: string;
  /** JSON text; `''` when there is none: it never was, or was deleted. */
  readonly value: string;
  /** From 1, grows by one with each put and delete of the key; 0: there never was a value. */
  readonly version: number;
  /** When this version was written, ISO 8601 in UTC; `''` when there never was a value. */
  readonly updatedAt: string;
  readonly isDeleted: boolean;
  /** The `writeId` of the change that made this version; `''` when it had none. */
  readonly writeId: string;
}

/** Which value is meant; the group is that of the agent that asks. */
export interface MemoryKey {
  /** Whom it is about, usually a user's id, at most 200 characters; `''`: nobody in particular. */
  readonly subject: string;
  /** 1 to 256 characters. */
  readonly key: string;
}

export interface MemoryChange extends MemoryKey {
  /** The version that the key must have now; 0: it must never have had a value. Not set: any. */
  readonly expectedVersion?: number | undefined;
  /** Makes the change idempotent: with an id that the key has seen, nothing changes and the entry of then is returned. */
  readonly writeId?: string | undefined;
}

/** What the instances of an agent remember together. Errors: ParleyError `unavailable`, `stale_incarnation`. */
export interface MemoryAccess {
  /** The value now; with a `writeId` that the key has seen, the version which that write made. */
  get(request: MemoryKey & { readonly writeId?: string | undefined }): Promise<MemoryEntry>;
  /** @throws ParleyError `id_conflict` when the key's version is not `expectedVersion` */
  put(request: MemoryChange & { readonly value: string }): Promise<MemoryEntry>;
  /** Removes a value; its history stays. Returns the version that made it so, 0 when there never was a value. @throws as `put` */
  delete(request: MemoryChange): Promise<number>;
  /** Newest first. `limit` 1 to 1000. @default 100 */
  history(
    request: MemoryKey & { readonly limit?: number | undefined; readonly beforeVersion?: number | undefined },
  ): Promise<readonly MemoryEntry[]>;
}

export interface HistoryRequest {
  /** A message that was routed to the agent's group. */
  readonly requestId: string;
  /** 1 to 500. */
  readonly limit: number;
  /** Only messages before this one of the conversation. @default the request's own `seq` */
  readonly beforeSeq?: number | undefined;
}

export interface AskRequest {
  /** The message for whose answer the other agent is asked. */
  readonly requestId: string;
  /** A UUID, the idempotency key: asked again with it, the same answer comes. */
  readonly id: string;
  readonly target: Target;
  readonly text: string;
  /** The longest wait for the answer, in milliseconds, 1 to 600000. */
  readonly timeoutMs: number;
}

export interface ListEventsRequest {
  readonly channel: ChannelName;
  /** @default all */
  readonly types?: readonly string[] | undefined;
  readonly limit: number;
}

/**
 * What the server does for an agent while it answers a message.
 * Errors of all: ParleyError `unavailable`, `unknown_agent` (the agent is about to register again), `stale_incarnation`.
 */
export interface AgentServices {
  readonly memory: MemoryAccess;
  readonly tasks: TaskServices;
  /** Messages of the request's conversation, oldest first. @throws ParleyError `forbidden` for a request of somebody else */
  history(request: HistoryRequest): Promise<readonly ChatMessage[]>;
  /** Another agent's reply. @throws ParleyError `ask_loop`, `ask_depth`, or with what became of the question */
  ask(request: AskRequest, signal?: AbortSignal): Promise<ChatMessage>;
  /** The last events of a channel, oldest first; fewer than `limit` (1 to 500) where they are long. */
  listEvents(request: ListEventsRequest): Promise<readonly PublishedEvent[]>;
  /** Nobody wants the answer any more: stops it. */
  cancelAsk(request: { readonly id: string }): Promise<void>;
  /** Whether the request still waits for its end: false once it was answered, stopped, or has failed. */
  isWanted(request: { readonly requestId: string }): Promise<boolean>;
}
