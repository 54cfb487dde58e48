import {
  type AuditAction,
  AuditPage,
  CommandOutputPage,
  CommandPage,
  CommandRecord,
  type CommandRequestBody,
  type CommandState,
  QueuesReset,
  StartedCommands,
  TokenRevocation,
} from '@parley/shared-models';
import { type HttpOptions, request } from './http-request.ts';

interface Abortable {
  /** Its abort rejects the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface CommandsQuery extends Abortable {
  readonly agentId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly state?: CommandState | undefined;
  /** 1 to 500. @default 100 */
  readonly limit?: number | undefined;
  /** Only commands that were asked for before this one. */
  readonly before?: string | undefined;
}

export interface AuditPageQuery extends Abortable {
  readonly action?: AuditAction | undefined;
  readonly actorId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly subjectId?: string | undefined;
  /** 1 to 500. @default 100 */
  readonly limit?: number | undefined;
  /** Only entries with a smaller `seq`. */
  readonly before?: number | undefined;
}

/** The part of the HTTP interface that is about commands, control and the audit; all for operators. Errors as in `HttpApi`. */
export interface CommandsApi {
  /** The one that was asked for last first. */
  commands(query?: CommandsQuery): Promise<CommandPage>;
  command(id: string, options?: Abortable): Promise<CommandRecord>;
  /** Stored and on its way when it resolves. */
  runCommand(wanted: CommandRequestBody, options?: Abortable): Promise<StartedCommands>;
  commandOutput(id: string, query?: { afterSeq?: number } & Abortable): Promise<CommandOutputPage>;
  cancelCommand(id: string, options?: Abortable): Promise<CommandRecord>;
  approveCommand(id: string, options?: Abortable): Promise<CommandRecord>;
  rejectCommand(id: string, reason?: string, options?: Abortable): Promise<CommandRecord>;
  /** Newest first. */
  audit(query?: AuditPageQuery): Promise<AuditPage>;
  /** The last entry, as the server remembers it apart from the entries. */
  auditHead(options?: Abortable): Promise<{ seq: number; hash: string }>;
  /** Empties every queue; `queues()` says before how many messages wait. */
  resetQueues(options?: Abortable): Promise<QueuesReset>;
  /** The token of this id counts no more, at every server, and what it has opened is closed. */
  revokeToken(tokenId: string, options?: Abortable): Promise<TokenRevocation>;
}

export function createCommandsApi(http: HttpOptions): CommandsApi {
  const path = (id: string, more = '') => `/api/commands/${encodeURIComponent(id)}${more}`;
  const post = (to: string, signal: AbortSignal | undefined, body?: unknown) =>
    request(http, {
      method: 'POST',
      path: to,
      ...(body === undefined ? {} : { body }),
      signal,
      parse: (answer) => CommandRecord.parse(answer),
    });
  return {
    commands: ({ signal, ...query } = {}) =>
      request(http, { path: '/api/commands', query, signal, parse: (answer) => CommandPage.parse(answer) }),
    command: (id, { signal } = {}) =>
      request(http, { path: path(id), signal, parse: (answer) => CommandRecord.parse(answer) }),
    runCommand: (body, { signal } = {}) =>
      request(http, {
        method: 'POST',
        path: '/api/commands',
        body,
        signal,
        parse: (answer) => StartedCommands.parse(answer),
      }),
    commandOutput: (id, { signal, afterSeq } = {}) =>
      request(http, {
        path: path(id, '/output'),
        query: { afterSeq },
        signal,
        parse: (answer) => CommandOutputPage.parse(answer),
      }),
    cancelCommand: (id, { signal } = {}) => post(path(id, '/cancel'), signal),
    approveCommand: (id, { signal } = {}) => post(path(id, '/approve'), signal),
    rejectCommand: (id, reason, { signal } = {}) =>
      post(path(id, '/reject'), signal, reason === undefined ? {} : { reason }),
    audit: ({ signal, ...query } = {}) =>
      request(http, { path: '/api/audit', query, signal, parse: (answer) => AuditPage.parse(answer) }),
    auditHead: ({ signal } = {}) =>
      request(http, {
        path: '/api/audit/head',
        signal,
        parse: (answer) => answer as { seq: number; hash: string },
      }),
    resetQueues: ({ signal } = {}) =>
      request(http, {
        method: 'POST',
        path: '/api/queues/reset',
        body: { confirm: true },
        signal,
        parse: (answer) => QueuesReset.parse(answer),
      }),
    revokeToken: (tokenId, { signal } = {}) =>
      request(http, {
        method: 'POST',
        path: '/api/tokens/revoke',
        body: { tokenId },
        signal,
        parse: (answer) => TokenRevocation.parse(answer),
      }),
  };
}
