import { createHash, randomUUID } from 'node:crypto';
import { startAgent } from '@parley/agent-kit';
import {
  type AgentFrame,
  type AgentHello,
  type CallContext,
  type ControlPlaneHandlers,
  createLocalClient,
  type Push,
  type ServerFrame,
} from '@parley/control-plane';
import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { type ErrorCode, ParleyError } from '@parley/shared-models';
import { createHostedAgent } from './hosted-agent.ts';

/** Agents of any language: each is a stream, and a runtime of the agent kit in this process. */
export interface AgentHost {
  readonly work: ControlPlaneHandlers['work'];
  /** Lets all agents finish the work in their hands, and ends their streams: they go on at another server. */
  drain(timeoutMs: number): Promise<void>;
  /** Ends all streams; resolves when the messages in hand are back in their queues. */
  stop(): Promise<void>;
}

export interface AgentHostOptions {
  readonly bus: MessageBus;
  /** The server's handlers, the same for agents of every kind of connection. */
  readonly handlers: Omit<ControlPlaneHandlers, 'work'>;
  readonly peopleSignIn: boolean;
  readonly logger: Logger;
  /** Streams at once. @default 500: each takes up to three of the 2047 channels that RabbitMQ gives a connection */
  readonly maxStreams?: number;
}

/** How long work in hand may take where the agent gives no time, in milliseconds. */
const DRAIN_MS = 30_000;
/** Beyond that, to say how commands ended and to unregister, in milliseconds. */
const LEAVE_MS = 3_000;
/** Errors of a registration that pass by themselves. */
const PASSING: readonly ErrorCode[] = [
  'unavailable',
  'store_unavailable',
  'bus_unavailable',
  'not_registered',
  'internal',
  'cancelled',
];

/** Why a stream ends. */
interface Ending {
  /**
   * How long work in hand may still be answered, in milliseconds; then the agent is unregistered.
   * @default it is cut off, and expected back
   */
  readonly drainMs?: number;
  /** The status that ends the stream. @default OK: the agent's process is to end */
  readonly error?: ParleyError;
}

interface OpenStream {
  /** Of several calls the shortest time counts, and the last error of those without a time. */
  end(ending: Ending): void;
  readonly ended: Promise<void>;
}

export function createAgentHost({
  bus,
  handlers,
  peopleSignIn,
  logger,
  maxStreams = 500,
}: AgentHostOptions): AgentHost {
  /**
   * By the process and the agent's name. Opening a stream ends the previous stream of the same agent, whether or not
   * its end was noticed here.
   */
  const streams = new Map<string, OpenStream>();
  let isStopping = false;

  /** The agent of a stream, until it ends. */
  const serve = async (
    hello: AgentHello & { readonly instanceId: string },
    frames: AsyncIterable<AgentFrame>,
    push: Push<ServerFrame>,
    context: CallContext,
    ending: ReturnType<typeof createEnding>,
  ): Promise<void> => {
    const hosted = createHostedAgent(hello, push, logger);
    const registerAgent = announced(handlers.registerAgent, {
      onRegistered(agentId) {
        context.hold();
        if (peopleSignIn || !hello.needsSignIn) push.send({ work: 0, welcome: { agentId, peopleSignIn } });
      },
      onRefused: (error) => ending.end({ error }),
    });
    /** Nobody knows how the commands of a gone agent ended: they are lost, and the stop here does not end them. */
    const whileThere =
      <Args extends unknown[], T>(report: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        if (hosted.isGone) throw new ParleyError('unavailable', 'The agent is gone.');
        return report(...args);
      };
    const own = {
      ...handlers,
      registerAgent,
      sendCommandState: whileThere(handlers.sendCommandState),
      sendCommandOutput: whileThere(handlers.sendCommandOutput),
      sendCommandResult: whileThere(handlers.sendCommandResult),
    };
    const agent = startAgent({
      definition: hosted.definition,
      guest: hosted.guest,
      bus,
      grpcUrl: 'this server',
      connect: (options) => createLocalClient({ handlers: own, caller: context, logger: options.logger }),
      id: hello.agentId ?? context.token?.agentId,
      isExclusive: hello.isExclusive === true,
      instanceId: hello.instanceId,
      host: hello.profile.host ?? context.peer.replace(/:\d+$/, ''),
      logger,
    });
    // Never rejects.
    void agent.ended?.then(
      // An operator has shut it down.
      () => ending.end({ drainMs: DRAIN_MS }),
      (error: unknown) => ending.end({ error: asParleyError(error) }),
    );
    const onGone = (): void => ending.end({});
    context.signal.addEventListener('abort', onGone, { once: true });
    if (context.signal.aborted) onGone();
    const read = async (): Promise<void> => {
      for await (const frame of frames) {
        // An agent that does not read its stream is not read either.
        await push.caughtUp();
        if (frame.leave === undefined) await hosted.accept(frame);
        else ending.end({ drainMs: frame.leave.timeoutMs ?? DRAIN_MS });
      }
      // It can say nothing more.
      ending.end(context.signal.aborted ? {} : { drainMs: 0 });
    };
    const reading = read().catch((error: unknown) => ending.end({ error: asParleyError(error) }));
    const { drainMs } = await ending.begun;
    const draining = drainMs === undefined ? undefined : agent.drain(drainMs);
    try {
      await Promise.race([draining, ending.cut]);
    } finally {
      ending.stop();
      hosted.abandon();
      await agent.stop();
      await hosted.settled();
      const error = ending.error();
      if (error !== undefined)
        logger.info(
          { agent: hello.profile.name, peer: context.peer, code: error.code },
          `the stream of an agent ends: ${error.message}`,
        );
      push.end(error);
    }
    await Promise.all([draining, reading]);
  };

  return {
    async work({ hello, malformed }, frames, push, context) {
      if (malformed !== undefined) {
        const { path, message } = malformed;
        logger.info({ peer: context.peer, path }, `an agent is refused: ${message}`);
        throw new ParleyError('invalid_request', message, { details: { path } });
      }
      if (hello === undefined)
        throw new ParleyError('invalid_request', 'hello: the first frame must name the agent');
      const instanceId = instanceOf(hello);
      for (let before = streams.get(instanceId); before !== undefined; before = streams.get(instanceId)) {
        logger.warn(
          { agent: hello.profile.name, peer: context.peer },
          'an agent has opened another stream: its connection has broken, or two processes have one instance_id',
        );
        before.end({ error: new ParleyError('unavailable', 'The same process has opened another stream.') });
        await before.ended;
      }
      if (context.signal.aborted) return;
      if (isStopping) throw goingDown();
      if (streams.size >= maxStreams) {
        const full = `The server has as many agents of other languages as it may have: ${maxStreams}.`;
        throw new ParleyError('too_many_members', full);
      }
      const ending = createEnding();
      const serving = serve({ ...hello, instanceId }, frames, push, context, ending);
      const forget = (): void => {
        streams.delete(instanceId);
      };
      streams.set(instanceId, { end: ending.end, ended: serving.then(forget, forget) });
      await serving;
    },
    async drain(timeoutMs) {
      isStopping = true;
      const open = [...streams.values()];
      const drainMs = Math.max(0, timeoutMs - LEAVE_MS);
      for (const { end } of open) end({ drainMs, error: goingDown() });
      await Promise.all(open.map(({ ended }) => ended));
    },
    async stop() {
      isStopping = true;
      const open = [...streams.values()];
      for (const { end } of open) end({ error: goingDown() });
      await Promise.all(open.map(({ ended }) => ended));
    },
  };
}

const goingDown = (): ParleyError => new ParleyError('unavailable', 'The server is shutting down.');

/** The instance id of an agent at the server; one process may have several agents. */
function instanceOf({ instanceId, profile }: AgentHello): string {
  if (instanceId === undefined) return randomUUID();
  return createHash('sha256').update(`${instanceId}\0${profile.group}\0${profile.name}`).digest('base64url');
}

function createEnding() {
  const begun = Promise.withResolvers<Ending>();
  const cut = Promise.withResolvers<void>();
  const timers = new Set<NodeJS.Timeout>();
  let error: ParleyError | undefined;
  let hasBegun = false;
  return {
    begun: begun.promise,
    cut: cut.promise,
    error: () => error,
    end(ending: Ending): void {
      const { drainMs } = ending;
      // One that is to end its process is not sent elsewhere.
      if (!hasBegun || (drainMs === undefined && ending.error !== undefined)) error = ending.error;
      hasBegun = true;
      begun.resolve(ending);
      if (drainMs === undefined) cut.resolve();
      else timers.add(setTimeout(cut.resolve, drainMs + LEAVE_MS));
    },
    stop(): void {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** Reports the outcome of registrations; the first one of a stream begins anew. */
function announced(
  register: ControlPlaneHandlers['registerAgent'],
  on: { onRegistered(agentId: string): void; onRefused(error: ParleyError): void },
): ControlPlaneHandlers['registerAgent'] {
  let beginsAnew = true;
  return async (request, caller) => {
    try {
      const registered = await register(
        request,
        Object.create(caller, { beginsAnew: { value: beginsAnew } }),
      );
      beginsAnew = false;
      on.onRegistered(registered.agentId);
      return registered;
    } catch (error) {
      if (error instanceof ParleyError && !PASSING.includes(error.code)) on.onRefused(error);
      throw error;
    }
  };
}

const asParleyError = (error: unknown): ParleyError =>
  error instanceof ParleyError
    ? error
    : new ParleyError('internal', 'The agent has ended.', { cause: error });
