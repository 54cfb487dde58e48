export * from './body-of.ts';
export type { BusLogger, BusOptions, RetryDelay } from './bus-options.ts';
export { type ConnectBusOptions, connectBus } from './connect-bus.ts';
export * from './event-envelope.ts';
export * from './keyed-mutex.ts';
export * from './message-bus.ts';
export { type QueuePermissions, serveQueue } from './remote/serve-queue.ts';
export * from './retry-while-unavailable.ts';
export { DELIVERY_LIMIT } from './topology.ts';
