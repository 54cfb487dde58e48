export { type Backoff, type BackoffOptions, createBackoff } from './backoff.ts';
export type { Client, ClientOptions, ReconnectOptions, SendInput, Sent } from './client.ts';
export type {
  AgentsChange,
  ClientError,
  ClientEvents,
  ConnectionState,
  OutboxItem,
} from './client-events.ts';
export type { CommandRun } from './command-runs.ts';
export { createClient } from './create-client.ts';
export {
  type ConversationsQuery,
  createHttpApi,
  type DeadLettersQuery,
  type HttpApi,
  type MessagesQuery,
} from './http.ts';
export type { AuditPageQuery, CommandsApi, CommandsQuery } from './http-commands.ts';
export type { ChannelLogEntry, EventsApi, EventsQuery, OrdersQuery } from './http-events.ts';
export type { FetchLike, HttpOptions } from './http-request.ts';
export type { TasksApi, TasksQuery } from './http-tasks.ts';
export { type LocalStorageOptions, localStorageAdapter, type WebStorageLike } from './local-storage.ts';
export type { QueuedMessage } from './outbox.ts';
export { type ClientStorage, memoryStorage } from './storage.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket-like.ts';
