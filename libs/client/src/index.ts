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
export { createHttpApi, type FetchLike, type HttpApi, type HttpOptions } from './http.ts';
export { type LocalStorageOptions, localStorageAdapter, type WebStorageLike } from './local-storage.ts';
export type { QueuedMessage } from './outbox.ts';
export { type ClientStorage, memoryStorage } from './storage.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket-like.ts';
