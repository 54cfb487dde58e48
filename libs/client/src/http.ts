import {
  AgentStatus,
  Conversation,
  ConversationPage,
  DeadLetter,
  ExternalStatusReport,
  HealthReport,
  MessagePage,
  QueueDepth,
  type SendToExternal,
  SentToExternal,
} from '@parley/shared-models';
import { type CommandsApi, createCommandsApi } from './http-commands.ts';
import { createEventsApi, type EventsApi } from './http-events.ts';
import { type HttpOptions, request } from './http-request.ts';
import { createTasksApi, type TasksApi } from './http-tasks.ts';

interface Abortable {
  /** Its abort rejects the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ConversationsQuery extends Abortable {
  /** In titles and texts, without case. */
  readonly search?: string | undefined;
  /** 1 to 500. @default 100 */
  readonly limit?: number | undefined;
}

export interface MessagesQuery extends Abortable {
  /** The first messages after this `seq`. @default 0 */
  readonly afterSeq?: number | undefined;
  /** Instead: the last messages before this `seq`. */
  readonly beforeSeq?: number | undefined;
  /** 1 to `LIMITS.messagesPage`. @default 100 */
  readonly limit?: number | undefined;
}

export interface DeadLettersQuery extends Abortable {
  readonly state?: DeadLetter['state'] | undefined;
  /** 1 to 500. @default 100 */
  readonly limit?: number | undefined;
}

/**
 * The server's HTTP interface.
 * All @throws ParleyError with the server's code; `unavailable` when it cannot be reached or takes too long;
 * `internal` when its answer is not what the protocol says.
 */
export interface HttpApi extends CommandsApi, EventsApi, TasksApi {
  /** Newest first. */
  conversations(query?: ConversationsQuery): Promise<Conversation[]>;
  conversation(id: string, options?: Abortable): Promise<Conversation>;
  /** @param title 1 to 200 characters */
  renameConversation(id: string, title: string, options?: Abortable): Promise<Conversation>;
  /** In order of `seq`. */
  messages(conversationId: string, query?: MessagesQuery): Promise<MessagePage>;
  agents(options?: Abortable): Promise<AgentStatus[]>;
  queues(options?: Abortable): Promise<QueueDepth[]>;
  /** For operators. */
  deadLetters(query?: DeadLettersQuery): Promise<DeadLetter[]>;
  /** For operators. */
  deadLetter(id: string, options?: Abortable): Promise<DeadLetter>;
  /** For operators: sends it on its way again. */
  replayDeadLetter(id: string, options?: Abortable): Promise<DeadLetter>;
  /** For operators: it stays in the list, as `discarded`. */
  discardDeadLetter(id: string, options?: Abortable): Promise<DeadLetter>;
  /** The last report of each gateway to an external server, the latest first. */
  externalStatus(options?: Abortable): Promise<ExternalStatusReport['gateways']>;
  /**
   * For operators: sends a text to an external server. Resolves when the gateway has sent it.
   * @throws ParleyError `unavailable` when no gateway is there, or it could not send
   */
  sendToExternal(wanted: SendToExternal, options?: Abortable): Promise<SentToExternal>;
  /** Also a degraded server answers this. */
  health(options?: Abortable): Promise<HealthReport>;
}

export function createHttpApi(http: HttpOptions = {}): HttpApi {
  const conversationPath = (id: string) => `/api/conversations/${encodeURIComponent(id)}`;
  const deadLetterPath = (id: string) => `/api/dead-letters/${encodeURIComponent(id)}`;

  return {
    ...createCommandsApi(http),
    ...createEventsApi(http),
    ...createTasksApi(http),
    conversations: ({ signal, search, limit } = {}) =>
      request(http, {
        path: '/api/conversations',
        query: { search, limit },
        signal,
        parse: (answer) => ConversationPage.parse(answer).conversations,
      }),
    conversation: (id, { signal } = {}) =>
      request(http, { path: conversationPath(id), signal, parse: (answer) => Conversation.parse(answer) }),
    renameConversation: (id, title, { signal } = {}) =>
      request(http, {
        method: 'PATCH',
        path: conversationPath(id),
        body: { title },
        signal,
        parse: (answer) => Conversation.parse(answer),
      }),
    messages: (conversationId, { signal, afterSeq, beforeSeq, limit } = {}) =>
      request(http, {
        path: `${conversationPath(conversationId)}/messages`,
        query: { afterSeq, beforeSeq, limit },
        signal,
        parse: (answer) => MessagePage.parse(answer),
      }),
    agents: ({ signal } = {}) =>
      request(http, {
        path: '/api/agents',
        signal,
        parse: (answer) => AgentStatus.array().parse(memberOf(answer, 'agents')),
      }),
    queues: ({ signal } = {}) =>
      request(http, {
        path: '/api/queues',
        signal,
        parse: (answer) => QueueDepth.array().parse(memberOf(answer, 'queues')),
      }),
    deadLetters: ({ signal, state, limit } = {}) =>
      request(http, {
        path: '/api/dead-letters',
        query: { state, limit },
        signal,
        parse: (answer) => DeadLetter.array().parse(memberOf(answer, 'deadLetters')),
      }),
    deadLetter: (id, { signal } = {}) =>
      request(http, { path: deadLetterPath(id), signal, parse: (answer) => DeadLetter.parse(answer) }),
    replayDeadLetter: (id, { signal } = {}) =>
      request(http, {
        method: 'POST',
        path: `${deadLetterPath(id)}/replay`,
        signal,
        parse: (answer) => DeadLetter.parse(answer),
      }),
    discardDeadLetter: (id, { signal } = {}) =>
      request(http, {
        method: 'DELETE',
        path: deadLetterPath(id),
        signal,
        parse: (answer) => DeadLetter.parse(answer),
      }),
    externalStatus: ({ signal } = {}) =>
      request(http, {
        path: '/external-status',
        signal,
        parse: (answer) => ExternalStatusReport.parse(answer).gateways,
      }),
    sendToExternal: (wanted, { signal } = {}) =>
      request(http, {
        method: 'POST',
        path: '/send-to-external',
        body: wanted,
        signal,
        parse: (answer) => SentToExternal.parse(answer),
      }),
    health: ({ signal } = {}) =>
      request(http, {
        path: '/health',
        signal,
        alsoAnswers: [503],
        parse: (answer) => HealthReport.parse(answer),
      }),
  };
}

function memberOf(answer: unknown, name: string): unknown {
  return (answer as Record<string, unknown> | undefined)?.[name];
}
