import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import { fullJitter, RECONNECT } from '../backoff.ts';
import type { BusLogger } from '../bus-options.ts';
import type { BusHealth } from '../message-bus.ts';
import { inTime } from './in-time.ts';

/** TCP, TLS and AMQP handshake together. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** In seconds: a peer that is silent for two of these is gone. */
const HEARTBEAT_SECONDS = 6;
/** A connection that lasted this long ends a series of failures. */
const STABLE_AFTER_MS = 5_000;
const CLOSE_TIMEOUT_MS = 3_000;

interface ConnectionOptions {
  readonly amqpUrl: string;
  /** Shown in RabbitMQ's management UI and in the log. */
  readonly name: string;
  readonly logger: BusLogger;
  /**
   * Prepares a new connection, which is given up when this rejects. Resolves with the function that puts it to use: that
   * is called only while the connection stands, and the connection counts as up when it has resolved.
   */
  readonly setUp: (model: ChannelModel) => Promise<() => Promise<void>>;
  readonly onState: (state: BusHealth) => void;
}

export interface Connection {
  /** Resolves with the outcome of the first attempt: whether there is a connection. */
  readonly firstAttempt: Promise<boolean>;
  /** Gives up the current connection, as after a fault that only a new one can mend. */
  renew(reason: Error): void;
  close(): Promise<void>;
}

/** Keeps one AMQP connection: connects, and connects again with back-off and jitter whenever it is lost. */
export function keepConnected(options: ConnectionOptions): Connection {
  const { logger, name } = options;
  const url = withHeartbeat(options.amqpUrl);
  const stop = new AbortController();
  const first = Promise.withResolvers<boolean>();
  let socket = new AbortController();
  let current: ChannelModel | undefined;

  /** One connection from its first packet to its end. Resolves with the reason why it ended. */
  async function connectOnce(): Promise<Error> {
    const thisSocket = new AbortController();
    socket = thisSocket;
    const deadline = setTimeout(
      () => thisSocket.abort(new Error(`no answer within ${HANDSHAKE_TIMEOUT_MS} ms`)),
      HANDSHAKE_TIMEOUT_MS,
    );
    try {
      // Without noDelay, Nagle's algorithm against delayed acknowledgements costs 40 ms for each hop.
      const socketOptions = {
        noDelay: true,
        signal: thisSocket.signal,
        clientProperties: { connection_name: name },
      };
      const model = await connect(url, socketOptions);
      clearTimeout(deadline);
      coalesceWrites(model);
      const ended = endOf(model);
      const use = await Promise.race([options.setUp(model), ended.then(throwIt)]);
      current = model;
      watchBlocking(model);
      await Promise.race([use(), ended.then(throwIt)]);
      options.onState({ state: 'up' });
      logger.info({ connection: name }, 'RabbitMQ is connected');
      first.resolve(true);
      return causeOf(await ended, thisSocket.signal);
    } catch (error) {
      return causeOf(error, thisSocket.signal);
    } finally {
      clearTimeout(deadline);
      current = undefined;
      // amqplib only half-closes; a peer that vanished would keep the socket open.
      thisSocket.abort();
    }
  }

  function watchBlocking(model: ChannelModel): void {
    model.on('blocked', (reason: string) => {
      logger.warn({ connection: name, reason }, 'RabbitMQ asks publishers to wait');
      if (current === model) options.onState({ state: 'blocked', reason });
    });
    model.on('unblocked', () => {
      logger.info({ connection: name }, 'RabbitMQ lets publishers go on');
      if (current === model) options.onState({ state: 'up' });
    });
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      const startedAt = performance.now();
      const error = await connectOnce();
      first.resolve(false);
      if (stop.signal.aborted) break;
      if (performance.now() - startedAt > STABLE_AFTER_MS) failures = 0;
      const delayMs = Math.round(fullJitter(RECONNECT, failures));
      failures += 1;
      options.onState({ state: 'down', reason: error.message });
      logger.warn({ connection: name, reason: error.message, delayMs }, 'RabbitMQ is away, trying again');
      await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => 'stopped');
    }
    options.onState({ state: 'down', reason: 'closed' });
  }

  const running = run();
  return {
    firstAttempt: first.promise,
    renew: (reason) => socket.abort(reason),
    close: async () => {
      stop.abort();
      if (current !== undefined) await closeGently(current, logger);
      socket.abort();
      await running;
    },
  };
}

function withHeartbeat(amqpUrl: string): string {
  const url = new URL(amqpUrl);
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return url.href;
}

/** Resolves when the connection has ended, with the reason. */
function endOf(model: ChannelModel): Promise<Error> {
  return new Promise((resolve) => {
    let failure: Error | undefined;
    model.on('error', (error) => {
      failure = error;
    });
    model.on('close', (error) => resolve(failure ?? error ?? new Error('the connection was closed')));
  });
}

function throwIt(error: Error): never {
  throw error;
}

function causeOf(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason;
  return error instanceof Error ? error : new Error(String(error));
}

function closeGently(model: ChannelModel, logger: BusLogger): Promise<void> {
  const closing = model.close().catch((error: Error) => {
    logger.debug({ reason: error.message }, 'the connection ended while it was being closed');
  });
  return inTime(closing, CLOSE_TIMEOUT_MS);
}

/**
 * Sends the data written to the connection in one turn of the event loop with one system call. amqplib writes frame by
 * frame, and with Nagle's algorithm off each frame would be a call and a packet of its own: a third of the CPU time of a
 * process that publishes much. Nothing is delayed beyond the code that runs now.
 */
export function coalesceWrites(model: { readonly connection: object }): void {
  // Not in amqplib's types: where a later version has it no more, frames go out one by one.
  const socket: unknown = Reflect.get(model.connection, 'stream');
  if (!(socket instanceof Socket)) return;
  const write = socket.write.bind(socket);
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    socket.uncork();
  };
  const corkAndWrite = (...args: Parameters<typeof write>): boolean => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  };
  socket.write = corkAndWrite as typeof write;
}

/** The health of the bus: that of the connection which is worse off. */
interface HealthBoard {
  current(): BusHealth;
  set(connection: string, health: BusHealth): void;
  onChange(listener: (health: BusHealth) => void): () => void;
}

const SEVERITY = { up: 0, blocked: 1, down: 2 } as const;

export function createHealthBoard(connections: readonly string[]): HealthBoard {
  const states = new Map<string, BusHealth>(
    connections.map((name) => [name, { state: 'down', reason: 'connecting' }]),
  );
  const listeners = new Set<(health: BusHealth) => void>();
  let current = worstOf(states.values());

  return {
    current: () => current,
    set: (connection, health) => {
      states.set(connection, health);
      const before = current;
      current = worstOf(states.values());
      if (before.state === current.state && before.reason === current.reason) return;
      for (const listener of listeners) listener(current);
    },
    onChange: (listener) => {
      // A wrapper of its own: the same function may be given twice.
      const own = (health: BusHealth): void => listener(health);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

function worstOf(states: Iterable<BusHealth>): BusHealth {
  let worst: BusHealth = { state: 'up' };
  for (const health of states) if (SEVERITY[health.state] > SEVERITY[worst.state]) worst = health;
  return worst;
}
