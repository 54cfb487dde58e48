export { type OpenStoreOptions, openStore } from './open-store.ts';
export * from './ports/audit.ts';
export * from './ports/commands.ts';
export * from './ports/events.ts';
export * from './ports/memory.ts';
export * from './ports/tasks.ts';
export * from './ports/transcripts.ts';
export * from './store.ts';
export type { StoreLogger } from './store-logger.ts';
