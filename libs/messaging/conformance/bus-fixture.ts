import type { QueueName } from '@parley/shared-models';
import type { BusLogger, BusOptions } from '../src/bus-options.ts';
import type { MessageBus } from '../src/message-bus.ts';

/** How another process reaches the broker of a test; plain JSON. */
export interface BusAddress {
  readonly amqpUrl?: string;
  /** Of a server that serves its own queue. */
  readonly grpcUrl?: string;
}

/** One broker of its own for one test: an own vhost, or a server with an own data folder. */
export interface BusFixture {
  /**
   * Opens one more bus on this broker, as a further process would. Failed messages come back within milliseconds unless
   * `options` say otherwise; the settings of the server's own queue are those of the first bus. The suite closes it.
   */
  open(options?: Partial<BusOptions>): Promise<MessageBus>;
  readonly address: BusAddress;
  /** Puts a message that is not an envelope into the queue: no message id, no type. */
  publishMalformed(queue: QueueName, body: Uint8Array): Promise<void>;
  /** Removes the broker and all in it. */
  remove(): Promise<void>;
}

export type FixtureFactory = () => Promise<BusFixture>;

/** The fixture of the running test. */
export interface Context {
  readonly fixture: BusFixture;
  /** Opens a bus that is closed after the test. */
  open(options?: Partial<BusOptions>): Promise<MessageBus>;
}

const ignore = (..._: unknown[]): void => undefined;

/** For tests in which the bus's log does not matter. */
export const silentLogger = { debug: ignore, info: ignore, warn: ignore, error: ignore } satisfies BusLogger;
