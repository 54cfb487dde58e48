import { z } from 'zod';
import { AgentStatus } from './agent-status.ts';
import { AuditAction, AuditPage, TokenRevocation } from './audit.ts';
import { ChannelName, EventType } from './channel-event.ts';
import { CommandRecord, CommandRequestBody, CommandState } from './command.ts';
import { CommandOutputPage, CommandPage, StartedCommands } from './command-pages.ts';
import { Conversation } from './conversation.ts';
import { ExternalStatusReport, SendToExternal, SentToExternal } from './external.ts';
import {
  ConversationPage,
  DeadLetter,
  EventPage,
  EventThreadPage,
  HealthReport,
  MessagePage,
  QueueDepth,
  QueuesReset,
  UserFileList,
} from './http-models.ts';
import { AgentId, Id } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { Action } from './permissions.ts';
import { Task, TaskDetail, TaskPage } from './task.ts';
import { nameText } from './visible-text.ts';

/**
 * A request over HTTP. The server's route, the client's function, the reference and the check of permissions follow from it.
 * `GET /`, `/docs` and the WebSockets are the server's alone.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Its parameters begin with a colon, and are of `PATH_PARAMETERS`. */
  readonly path: string;
  /** `public`: for everybody, without signing in. */
  readonly action: Action | 'public';
  /** The heading in the OpenAPI description. */
  readonly tag: string;
  /** For the reference, as Markdown. */
  readonly says: string;
  /** The query of a GET or DELETE, else the body as JSON. @default none */
  readonly input?: z.ZodType;
  /** JSON. @default the handler sends something else */
  readonly answer?: z.ZodType;
  /** HTTP status of the answer. @default 200 */
  readonly status?: number;
  /** Another status with which the same answer may come. @default none */
  readonly otherStatus?: number;
}

/** The parameters of paths, by name. */
export const PATH_PARAMETERS = {
  id: Id,
  userId: z.string().min(1).max(200),
  name: z.string().min(1).max(200),
};

const limit = (most: number, usual: number) =>
  z.coerce.number<number>().int().min(1).max(most).default(usual);
/** Only items with a smaller number. */
const beforeNumber = z.coerce.number<number>().int().positive().optional();

export const ROUTES = {
  health: {
    method: 'GET',
    path: '/health',
    action: 'public',
    tag: 'operation',
    says: '200 when queue and store are up, else 503: HealthReport',
    answer: HealthReport,
    otherStatus: 503,
  },
  ready: {
    method: 'GET',
    path: '/ready',
    action: 'public',
    tag: 'operation',
    says: '200 when a broker is there too, and a message sent now would be answered, else 503: HealthReport with `isReady`',
    answer: HealthReport.extend({ isReady: z.boolean() }),
    otherStatus: 503,
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    action: 'metrics.read',
    tag: 'operation',
    says: 'for Prometheus',
  },
  agents: {
    method: 'GET',
    path: '/api/agents',
    action: 'agents.read',
    tag: 'agents',
    says: 'all known agents: AgentStatus',
    answer: z.object({ agents: z.array(AgentStatus) }),
  },
  queues: {
    method: 'GET',
    path: '/api/queues',
    action: 'queues.read',
    tag: 'operation',
    says: 'how many messages wait in each queue',
    answer: z.object({ queues: z.array(QueueDepth) }),
  },
  resetQueues: {
    method: 'POST',
    path: '/api/queues/reset',
    action: 'queues.reset',
    tag: 'operation',
    says: 'empties the queues; the messages in them fail with `queue_reset`',
    input: z.object({ confirm: z.literal(true) }),
    answer: QueuesReset,
  },
  conversations: {
    method: 'GET',
    path: '/api/conversations',
    action: 'conversations.read',
    tag: 'conversations',
    says: "one's own, the newest first; `search` is looked for in titles and texts, without case",
    input: z.object({ search: z.string().max(200).optional(), limit: limit(500, 100) }),
    answer: ConversationPage,
  },
  conversation: {
    method: 'GET',
    path: '/api/conversations/:id',
    action: 'conversations.read',
    tag: 'conversations',
    says: 'one of them: Conversation',
    answer: Conversation,
  },
  renameConversation: {
    method: 'PATCH',
    path: '/api/conversations/:id',
    action: 'conversations.write',
    tag: 'conversations',
    says: 'gives it another title',
    input: z.object({ title: nameText(200) }),
    answer: Conversation,
  },
  messages: {
    method: 'GET',
    path: '/api/conversations/:id/messages',
    action: 'conversations.read',
    tag: 'conversations',
    says: 'in order of `seq`, with the status of the messages that people sent: the first ones after `afterSeq`, or the last ones before `beforeSeq`',
    input: z.object({
      afterSeq: z.coerce.number<number>().int().min(0).optional(),
      beforeSeq: z.coerce.number<number>().int().min(1).optional(),
      limit: limit(LIMITS.messagesPage, 100),
    }),
    answer: MessagePage,
  },
  events: {
    method: 'GET',
    path: '/api/events',
    action: 'channels.read',
    tag: 'channels',
    says: "the log of the channels, the last events that fit, oldest first; of others' events only for operators; `types` are separated by commas, `before` is the first one's `number`",
    input: z.object({
      channel: ChannelName.optional(),
      types: z
        .string()
        .max(2000)
        .transform((list) => list.split(','))
        .optional(),
      correlationId: Id.optional(),
      before: beforeNumber,
      limit: limit(LIMITS.eventsPage, 100),
    }),
    answer: EventPage,
  },
  eventThreads: {
    method: 'GET',
    path: '/api/event-threads',
    action: 'channels.read',
    tag: 'channels',
    says: "one's own, everybody's for operators, newest first: each event of this `type` with the last of the events that followed from it, at most 50 events of a thread and 1 MiB in all; `before` is the `number` of the last thread's first event",
    input: z.object({
      type: EventType,
      before: beforeNumber,
      limit: limit(LIMITS.eventThreadsPage, 50),
    }),
    answer: EventThreadPage,
  },
  tasks: {
    method: 'GET',
    path: '/api/tasks',
    action: 'tasks.read',
    tag: 'tasks',
    says: "one's own, the one that was begun last first; with `all=true` those of everybody, for operators",
    input: z.object({
      conversationId: Id.optional(),
      all: z.enum(['true', 'false']).default('false'),
      before: Id.optional(),
      limit: limit(500, 100),
    }),
    answer: TaskPage,
  },
  task: {
    method: 'GET',
    path: '/api/tasks/:id',
    action: 'tasks.read',
    tag: 'tasks',
    says: 'a Task with the inputs and results of its steps',
    answer: TaskDetail,
  },
  cancelTask: {
    method: 'POST',
    path: '/api/tasks/:id/cancel',
    action: 'tasks.cancel',
    tag: 'tasks',
    says: 'ends it; one that is over stays as it is',
    answer: Task,
  },
  runCommand: {
    method: 'POST',
    path: '/api/commands',
    action: 'commands.run',
    tag: 'commands',
    says: 'runs one, as `command.run` does; 202 once it is stored',
    input: CommandRequestBody,
    answer: StartedCommands,
    status: 202,
  },
  commands: {
    method: 'GET',
    path: '/api/commands',
    action: 'commands.read',
    tag: 'commands',
    says: "the newest first; `before` is the last one's id",
    input: z.object({
      agentId: AgentId.optional(),
      batchId: Id.optional(),
      state: CommandState.optional(),
      limit: limit(500, 100),
      before: Id.optional(),
    }),
    answer: CommandPage,
  },
  command: {
    method: 'GET',
    path: '/api/commands/:id',
    action: 'commands.read',
    tag: 'commands',
    says: 'one of them: CommandRecord',
    answer: CommandRecord,
  },
  commandOutput: {
    method: 'GET',
    path: '/api/commands/:id/output',
    action: 'commands.read',
    tag: 'commands',
    says: 'its output',
    input: z.object({ afterSeq: z.coerce.number<number>().int().min(0).default(0) }),
    answer: CommandOutputPage,
  },
  cancelCommand: {
    method: 'POST',
    path: '/api/commands/:id/cancel',
    action: 'commands.run',
    tag: 'commands',
    says: 'stops it',
    answer: CommandRecord,
  },
  approveCommand: {
    method: 'POST',
    path: '/api/commands/:id/approve',
    action: 'commands.approve',
    tag: 'commands',
    says: 'lets it run, as the second person',
    answer: CommandRecord,
  },
  rejectCommand: {
    method: 'POST',
    path: '/api/commands/:id/reject',
    action: 'commands.approve',
    tag: 'commands',
    says: 'does not let it run',
    input: z.object({ reason: z.string().max(500).optional() }).nullish(),
    answer: CommandRecord,
  },
  deadLetters: {
    method: 'GET',
    path: '/api/dead-letters',
    action: 'deadLetters.read',
    tag: 'dead letters',
    says: 'the newest first',
    input: z.object({ state: DeadLetter.shape.state.optional(), limit: limit(500, 100) }),
    answer: z.object({ deadLetters: z.array(DeadLetter) }),
  },
  deadLetter: {
    method: 'GET',
    path: '/api/dead-letters/:id',
    action: 'deadLetters.read',
    tag: 'dead letters',
    says: 'one of them: DeadLetter',
    answer: DeadLetter,
  },
  replayDeadLetter: {
    method: 'POST',
    path: '/api/dead-letters/:id/replay',
    action: 'deadLetters.manage',
    tag: 'dead letters',
    says: 'puts it back into the queue it died in',
    answer: DeadLetter,
  },
  discardDeadLetter: {
    method: 'DELETE',
    path: '/api/dead-letters/:id',
    action: 'deadLetters.manage',
    tag: 'dead letters',
    says: 'discards it; it stays listed as discarded',
    answer: DeadLetter,
  },
  audit: {
    method: 'GET',
    path: '/api/audit',
    action: 'audit.read',
    tag: 'audit',
    says: "AuditEntry, the newest first; `before` is the last one's `seq`",
    input: z.object({
      limit: limit(500, 100),
      before: beforeNumber,
      action: AuditAction.optional(),
      actorId: z.string().max(128).optional(),
      agentId: z.string().max(128).optional(),
      subjectId: z.string().max(128).optional(),
    }),
    answer: AuditPage,
  },
  auditHead: {
    method: 'GET',
    path: '/api/audit/head',
    action: 'audit.read',
    tag: 'audit',
    says: '`seq` and `hash` of the newest entry, as the server remembers them apart from the entries',
    answer: z.object({ seq: z.number().int().nonnegative(), hash: z.string() }),
  },
  exportAudit: {
    method: 'GET',
    path: '/api/audit/export',
    action: 'audit.read',
    tag: 'audit',
    says: 'all entries as JSON lines',
  },
  revokeToken: {
    method: 'POST',
    path: '/api/tokens/revoke',
    action: 'tokens.revoke',
    tag: 'operation',
    says: "ends a token at every server, and closes what it has opened: the id of a bound join token or the `jti` of a person's",
    input: TokenRevocation,
    answer: TokenRevocation,
  },
  userFiles: {
    method: 'GET',
    path: '/user/:userId/files',
    action: 'files.read',
    tag: 'files',
    says: 'see below',
    answer: UserFileList,
  },
  userFile: {
    method: 'GET',
    path: '/user/:userId/files/:name',
    action: 'files.read',
    tag: 'files',
    says: 'see below',
  },
  externalStatus: {
    method: 'GET',
    path: '/external-status',
    action: 'external.read',
    tag: 'operation',
    says: 'the last report of each gateway to an external server, the latest first: ExternalStatus',
    answer: ExternalStatusReport,
  },
  sendToExternal: {
    method: 'POST',
    path: '/send-to-external',
    action: 'external.send',
    tag: 'operation',
    says: 'says something on an external server, and answers when the gateway has sent it',
    input: SendToExternal,
    answer: SentToExternal,
  },
} as const satisfies Readonly<Record<string, Route>>;

export type Routes = typeof ROUTES;
export type RouteName = keyof Routes;
/** Those that answer JSON. */
export type JsonRoute = {
  [Name in RouteName]: Routes[Name] extends { answer: z.ZodType } ? Name : never;
}[RouteName];

/** The query or body of a request, before the check. */
export type RouteInput<R> = R extends { readonly input: infer Input extends z.ZodType }
  ? NonNullable<z.input<Input>>
  : object;
export type RouteAnswer<R> = R extends { readonly answer: infer Answer extends z.ZodType }
  ? z.output<Answer>
  : never;

/** Names of the parameters of a path, in order. */
export type ParametersOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? [Name, ...ParametersOf<Rest>]
  : Path extends `${string}:${infer Name}`
    ? [Name]
    : [];
