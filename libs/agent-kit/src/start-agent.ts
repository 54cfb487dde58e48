import { isDeepStrictEqual } from 'node:util';
import { type JoinAsAgentOptions, joinAsAgent, type MemberTls, untilAborted } from '@parley/control-plane';
import {
  type Delivery,
  type MessageBus,
  retryWhileUnavailable,
  type SignalSubscription,
  type Subscription,
} from '@parley/messaging';
import type { Logger, RunningProcess } from '@parley/process-kit';
import {
  type AgentProfile,
  type AgentState,
  agentQueue,
  agentSignalKey,
  newId,
  ParleyError,
  Signals,
} from '@parley/shared-models';
import { type AgentCode, codeInThisThread } from './agent-code.ts';
import type { AgentDefinition } from './agent-definition.ts';
import { ownIdOf, profileOf } from './agent-profile.ts';
import { createCommandExecutor } from './commands/command-executor.ts';
import { describeAgent, findQueueDepth } from './commands/describe-agent.ts';
import { patientServices } from './context/patient-services.ts';
import { watchLoop } from './event-loop.ts';
import { createEventHandler } from './events/event-handler.ts';
import { createEventIntake } from './events/event-intake.ts';
import { isolatedCode } from './isolation/isolated-code.ts';
import type { Isolation } from './isolation/thread-messages.ts';
import { createMessageHandler } from './message-handler.ts';
import { createTaskExecutor } from './tasks/task-executor.ts';
import { createWorkMeter } from './work-meter.ts';

export interface StartAgentOptions {
  readonly definition: AgentDefinition;
  readonly bus: MessageBus;
  /** The server's gRPC address, `host:port`. */
  readonly grpcUrl: string;
  readonly joinToken?: string | undefined;
  /** @default not encrypted */
  readonly tls?: MemberTls | undefined;
  /** Shown instead of the definition's name. */
  readonly name?: string | undefined;
  /**
   * Takes over this very id, fencing off an older process that has it.
   * @default a free one made of the name, and of the machine's where it executes commands
   */
  readonly id?: string | undefined;
  /** Whether `id` is taken over from the process that has it. @default true */
  readonly isExclusive?: boolean | undefined;
  /** As in JoinAsAgentOptions. */
  readonly connect?: JoinAsAgentOptions['connect'];
  /** As in JoinAsAgentOptions. */
  readonly instanceId?: string | undefined;
  /** The machine on which it executes commands. @default this one */
  readonly host?: string | undefined;
  /** Its handlers are in another process, of which this is the other end. @default they are in this one */
  readonly guest?: GuestOptions;
  /** From where the threads of an agent with `isolated: true` load its definition. @default such an agent is refused */
  readonly isolation?: Isolation | undefined;
  readonly logger: Logger;
}

/** An agent whose handlers are in another process: they do not cause a delay of this one. */
export interface GuestOptions {
  /** The code that runs its handlers. */
  readonly code: AgentCode;
  /** The outcome of a message is safe in the queue. */
  onMessageEnded(messageId: string): void;
  /** The server has the result of a command. */
  onCommandTold(commandId: string): void;
}

export interface RunningAgent extends RunningProcess {
  /**
   * Later messages are answered by this definition; messages in hand are finished by the previous one. Where the agent
   * says something else about itself than before, it registers again.
   * @throws ZodError when the definition makes no valid profile; then everything stays as it is
   */
  update(definition: AgentDefinition): void;
}

/** While the number of messages at once changes, the messages in hand have this long to end, in milliseconds. */
const RESUBSCRIBE_MS = 60_000;

/** Registers the agent and answers its messages. Resolves at once: a server that is away is waited for. */
export function startAgent(options: StartAgentOptions): RunningAgent {
  const { bus } = options;
  let { definition } = options;
  let profile = profileOf(definition, options);
  const logger = options.logger.child({ agent: profile.name });
  const meter = createWorkMeter(() => profile.concurrency);
  const ended = Promise.withResolvers<void>();
  // Somebody listens at once, so that a fencing before `ended` is awaited is no unhandled rejection.
  ended.promise.catch(() => {});

  let identity = { id: options.id ?? ownIdOf(profile), name: profile.name, incarnation: 0 };
  let state: AgentState = 'online';
  let subscription: Subscription | undefined;
  let signals: SignalSubscription | undefined;
  let listeningSince = 0;
  let mustResubscribe = false;
  const stopping = new AbortController();
  // Registrations and changes of state are applied one after another, in their order.
  let changes: Promise<void> = Promise.resolve();

  const codeOf = (given: AgentDefinition): AgentCode => {
    const { isolation, guest } = options;
    if (guest !== undefined) return guest.code;
    if (given.isolated !== true) return codeInThisThread(given);
    if (isolation === undefined) {
      throw new Error(
        `${given.name} is to be isolated, and startAgent was not given from where its threads load it.`,
      );
    }
    return isolatedCode(given, isolation);
  };
  let code = codeOf(definition);
  const codes = new Set([code]);
  const closeCode = async (): Promise<void> => {
    await Promise.all([...codes].map((each) => each.close()));
  };

  const handler = createMessageHandler({
    bus,
    code: () => code,
    group: () => profile.group,
    services: () => membership,
    identity: () => identity,
    listeningSince: () => Math.max(listeningSince, loop.wentOnAt()),
    onReturned: () => loop.look(),
    onEnded: (messageId) => options.guest?.onMessageEnded(messageId),
    meter,
    logger,
  });

  const loop = watchLoop({
    onStall(stoodMs) {
      const messages = options.guest === undefined ? handler.inHand() : [];
      const events = options.guest === undefined ? eventHandler.inHand() : [];
      logger.warn(
        { messages, events, stoodMs: Math.round(stoodMs) },
        describeStall(stoodMs, messages, events),
      );
      // Never rejects.
      void handler.askAgain();
    },
  });

  const eventHandler = createEventHandler({
    bus,
    code: () => code,
    group: () => profile.group,
    services: () => membership,
    identity: () => identity,
    onReturned: () => loop.look(),
    logger,
  });
  const events = createEventIntake({
    bus,
    definition: () => definition,
    group: () => profile.group,
    concurrency: () => profile.concurrency,
    services: () => patientServices(membership, { signal: stopping.signal, logger }),
    handler: eventHandler,
  });

  const tasks = createTaskExecutor({
    bus,
    definition: () => definition,
    services: () => membership,
    identity: () => identity,
    logger,
  });

  const executor = createCommandExecutor({
    definition: () => definition,
    link: () => membership,
    logger,
    hasTurnFirst: options.guest !== undefined,
    onTold: (commandId) => options.guest?.onCommandTold(commandId),
    describeAgent: async () =>
      describeAgent({
        ...identity,
        profile,
        state: stopping.signal.aborted ? 'draining' : state,
        load: meter.load(),
        metrics: meter.metrics(),
        commands: executor.describe(),
        queue: await findQueueDepth(bus, agentQueue(identity.id), logger),
      }),
    onShutdown: () => ended.resolve(),
  });

  // Signals that were sent while the queue was away are lost.
  const stopWatching = bus.onHealth(({ state: health }) => {
    if (health === 'up') listeningSince = Date.now();
  });

  const handleMessage = async (delivery: Delivery): Promise<void> => {
    await handler.handle(delivery);
    // It may have begun or refined a task.
    tasks.look();
  };

  const consume = async (): Promise<void> => {
    // The server has made it. A bus that knows of it makes it again where RabbitMQ has lost it, and can tell how much is
    // in it. An operation on a queue that is away may take long to fail.
    await untilAborted(() => bus.declareAgentQueue(identity.id), stopping.signal);
    // Before the first message: from then on an answer can be stopped.
    await signals?.close();
    signals = await bus.subscribe(`agent_signals_${identity.id}_${newId()}`, (signal) => {
      if (signal.type !== 'chat.cancel') return;
      const cancel = Signals['chat.cancel'].safeParse(JSON.parse(Buffer.from(signal.body).toString('utf8')));
      if (cancel.success) handler.cancel(cancel.data.messageId);
      else logger.warn({ err: cancel.error }, 'a malformed cancel signal');
    });
    await signals.bind(agentSignalKey(identity.id));
    listeningSince = Date.now();
    await events.start();
    subscription = await bus.consume(agentQueue(identity.id), handleMessage, {
      prefetch: profile.concurrency,
    });
    tasks.start();
  };

  const stopConsuming = async (timeoutMs: number): Promise<void> => {
    try {
      await Promise.all([subscription?.close({ timeoutMs }), events.stop(timeoutMs), tasks.pause()]);
      subscription = undefined;
    } finally {
      // Not before: answers in hand until then can still be stopped.
      await signals?.close();
      signals = undefined;
    }
  };

  const applyState = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    if (state === 'online') {
      if (subscription === undefined) await consume();
      else {
        await Promise.all([subscription.resume(), events.start()]);
        tasks.start();
      }
    } else await Promise.all([subscription?.pause(), events.pause(), tasks.pause()]);
  };

  /** Does it again while the queue is away. Any other error ends the agent. */
  const whileQueueAway = async (work: () => Promise<void>): Promise<void> => {
    try {
      await retryWhileUnavailable(work, { signal: stopping.signal, logger });
    } catch (error) {
      // By its new profile: the registration that tells the server so follows, and this is done then.
      if (mustResubscribe && isNotYet(error)) return;
      if (!stopping.signal.aborted) ended.reject(error);
      throw error;
    }
  };

  const enqueue = (change: () => Promise<void>): void => {
    // `ended` tells the error, or the process is going down.
    changes = changes.then(() => whileQueueAway(change)).catch(() => {});
  };

  const membership = joinAsAgent({
    url: options.grpcUrl,
    ...(options.joinToken === undefined ? {} : { joinToken: options.joinToken }),
    tls: options.tls,
    agentId: identity.id,
    isExclusive: options.id !== undefined && options.isExclusive !== false,
    connect: options.connect,
    instanceId: options.instanceId,
    profile,
    needsSignIn: definition.needsSignIn !== undefined,
    logger,
    load: () => meter.load(),
    metrics: () => meter.metrics(),
    state: () => (stopping.signal.aborted ? 'draining' : state),
    queue: bus,
    onRegistered: (registered) => {
      logger.info({ agentId: registered.agentId, incarnation: registered.incarnation }, 'registered');
      if (identity.incarnation > 0) {
        // The server had given the agent up, or has lost sight of it: its messages in hand may have failed.
        listeningSince = Date.now();
        void handler.askAgain();
      }
      // At once: messages in hand must not be taken for those of a process that was replaced.
      if (registered.agentId === identity.id) identity = { ...identity, incarnation: registered.incarnation };
      enqueue(async () => {
        const hasNewId = registered.agentId !== identity.id;
        identity = { ...identity, id: registered.agentId, incarnation: registered.incarnation };
        if (hasNewId) await stopConsuming(0);
        else if (mustResubscribe) {
          mustResubscribe = false;
          await stopConsuming(RESUBSCRIBE_MS).catch((error) => {
            mustResubscribe = true;
            throw error;
          });
        }
        state = registered.state;
        await applyState();
      });
    },
    onState: (wanted) => {
      // Done again while the queue is away, until it holds.
      enqueue(async () => {
        state = wanted;
        await applyState();
        logger.info({ to: wanted }, 'the server changed the state');
      });
    },
    onCommand: (command) => executor.receive(command),
    onNobodySignsIn: () => {
      executor.abandon();
      ended.reject(
        new ParleyError('forbidden', `Nobody signs in at ${options.grpcUrl}. ${definition.needsSignIn}`),
      );
    },
    onFenced: () => {
      // The server refuses this process's further answers; the process that replaced it shall have the messages now.
      handler.abandon();
      eventHandler.abandon();
      tasks.abandon().catch((err: unknown) => logger.warn({ err }, 'tasks could not be left'));
      // They are lost already: another process may run one of them again, and it must not run twice at the same time.
      executor.abandon();
      const taken = `Another process has taken over the agent id "${identity.id}": this one stops.`;
      ended.reject(new ParleyError('stale_incarnation', taken));
    },
  });

  return {
    ended: ended.promise,
    update(next) {
      const before = profile;
      const nextProfile = profileOf(next, options);
      const nextCode = codeOf(next);
      profile = nextProfile;
      code.retire();
      code = nextCode;
      codes.add(code);
      definition = next;
      if (subscription !== undefined && state === 'online') tasks.start();
      if (isDeepStrictEqual(profile, before) || stopping.signal.aborted) return;
      identity = { ...identity, name: profile.name };
      logger.info({ agentId: identity.id, name: profile.name }, 'registering again with a changed profile');
      // With the registration: only then its queues are as it wants them, and it may take from them.
      const takesAnew = ({ concurrency, group, subscriptions }: AgentProfile): object => ({
        concurrency,
        group,
        subscriptions,
      });
      mustResubscribe ||= !isDeepStrictEqual(takesAnew(profile), takesAnew(before));
      membership.setProfile(profile);
    },
    async drain(timeoutMs) {
      stopping.abort();
      // Nobody knows it yet, and nobody shall hear of it any more.
      if (membership.identity === undefined) await membership.leave();
      await changes;
      await membership.reportState();
      await Promise.all([stopConsuming(timeoutMs), executor.drain(timeoutMs)]);
      await executor.answerShutdown();
      await membership.leave();
      await closeCode();
      loop.stop();
      stopWatching();
    },
    async stop() {
      stopping.abort();
      handler.abandon();
      eventHandler.abandon();
      await tasks.abandon();
      await changes;
      await Promise.all([stopConsuming(0), executor.stop()]);
      await membership.stop();
      await closeCode();
      loop.stop();
      stopWatching();
    },
  };
}

function describeStall(stoodMs: number, messages: readonly string[], events: readonly string[]): string {
  const held = `for ${(stoodMs / 1000).toFixed(1)} s`;
  const what = [...messages.map((id) => `message ${id}`), ...events.map((id) => `event ${id}`)];
  if (what.length === 0)
    return `The process stood still ${held}: no heartbeat was sent, no message was taken.`;
  return (
    `The handler of ${what.join(' or ')} held the process ${held} (or the process was suspended): no heartbeat was sent, ` +
    'no message was taken. With `isolated: true` in defineAgent handlers run in threads of their own.'
  );
}

/** The answer of a server that does not know yet which messages the agent takes. */
const isNotYet = (error: unknown): boolean =>
  error instanceof ParleyError && (error.code === 'forbidden' || error.code === 'queue_missing');
