import type { ControlPlaneHandlers, Push, QueueEvent, QueueRequest } from '@parley/control-plane';
import {
  type Envelope,
  eventOf,
  type MessageBus,
  type QueuePermissions,
  Reject,
  serveQueue,
} from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  agentQueue,
  agentSignalKey,
  BROKER_INPUT_QUEUE,
  channelQueue,
  HEADERS,
  Id,
  ParleyError,
  type QueueMessageType,
  SERVER_INPUT_QUEUE,
  type Signals,
} from '@parley/shared-models';
import type { AgentEntry } from '../agents/agent-entry.ts';
import type { AgentRegistry } from '../agents/agent-registry.ts';

/** The brokers and agents that reach this server's own queue from processes of their own. */
export interface QueueMembers {
  readonly connectQueue: ControlPlaneHandlers['connectQueue'];
  /**
   * @throws ParleyError `queue_mismatch` where a member is on another queue than this server, with the setting to
   * change
   */
  requireSame(memberQueue: string | undefined): void;
  /** Another process has the agent's id. */
  fence(agentId: string): void;
  /** Ends all streams; resolves when the messages in hand are back in their queues. */
  stop(): Promise<void>;
}

interface OpenStream {
  readonly push: Push<QueueEvent>;
  readonly ended: Promise<void>;
}

export function createQueueMembers({
  bus,
  agents,
  logger,
}: {
  bus: MessageBus;
  agents: AgentRegistry;
  logger: Logger;
}): QueueMembers {
  /** By member. Opening a stream ends the previous stream of the same member, whether or not its end was noticed here. */
  const streams = new Map<string, OpenStream>();
  let isStopped = false;

  function permissionsOf({ agentId, incarnation, brokerId }: QueueRequest): QueuePermissions {
    if (agentId !== undefined) {
      agents.require(agentId, incarnation ?? 0);
      return agentPermissions(agentId, () => {
        const entry = agents.get(agentId);
        if (entry !== undefined) return entry;
        // It was forgotten, and is about to register again.
        throw new ParleyError('bus_unavailable', `The agent "${agentId}" is not registered.`);
      });
    }
    if (brokerId !== undefined) return BROKER_PERMISSIONS;
    throw new ParleyError('invalid_request', 'agent_id: the first request must name the agent or the broker');
  }

  return {
    async connectQueue(first, requests, push, { signal: gone }) {
      if (bus.kind !== 'embedded')
        throw new ParleyError('not_supported', `The queue is RabbitMQ, not the server's own: set AMQP_URL.`);
      permissionsOf(first);
      const key = keyOf(first);
      for (let before = streams.get(key); before !== undefined; before = streams.get(key)) {
        before.push.end(new ParleyError('unavailable', 'The same member has opened another stream.'));
        await before.ended;
      }
      if (gone.aborted) return;
      if (isStopped) throw new ParleyError('unavailable', 'The server is shutting down.');
      // It may have been replaced while it waited.
      const serving = serveQueue({
        bus,
        requests,
        push,
        gone,
        may: permissionsOf(first),
        name: key,
        logger,
      });
      const forget = (): void => {
        streams.delete(key);
      };
      const ended = serving.then(forget, forget);
      streams.set(key, { push, ended });
      await serving;
    },
    requireSame(memberQueue) {
      const mismatch = mismatchOf(bus.name(), memberQueue ?? '');
      if (mismatch !== undefined) throw new ParleyError('queue_mismatch', mismatch);
    },
    fence(agentId) {
      const message = `Another process has registered as "${agentId}".`;
      streams.get(agentSignalKey(agentId))?.push.end(new ParleyError('stale_incarnation', message));
    },
    async stop() {
      isStopped = true;
      for (const { push } of streams.values())
        push.end(new ParleyError('unavailable', 'The server is shutting down.'));
      await Promise.all([...streams.values()].map(({ ended }) => ended));
    },
  };
}

/** Each member has one stream. */
const keyOf = ({ agentId, brokerId }: QueueRequest): string =>
  agentId === undefined ? `broker:${brokerId}` : agentSignalKey(agentId);

/** The settings to change where the two are on different queues; undefined where they are on one, as far as they know. */
export function mismatchOf(own: string, theirs: string): string | undefined {
  const isOwnRabbitMq = own.startsWith('rabbitmq');
  if (theirs === '' && isOwnRabbitMq) return undefined;
  if (theirs === '')
    return 'The server has a queue of its own, and this process does not say that it uses it: set AMQP_URL of both to the same RabbitMQ.';
  if (isOwnRabbitMq !== theirs.startsWith('rabbitmq')) {
    return isOwnRabbitMq
      ? 'The server is on RabbitMQ: set AMQP_URL of this process to the same.'
      : 'The server has a queue of its own: start this process without AMQP_URL, or the server with the same AMQP_URL.';
  }
  const [ownPlace, theirPlace] = [own, theirs].map((name) => name.replace(/^rabbitmq:?/, ''));
  if (ownPlace === theirPlace || ownPlace === '' || theirPlace === '') return undefined;
  return `The server is on RabbitMQ ${ownPlace}, this process on ${theirPlace}: set AMQP_URL of both to the same.`;
}

const never = (): boolean => false;

const BROKER_PERMISSIONS: QueuePermissions = {
  publish: (queue) => queue === SERVER_INPUT_QUEUE,
  publishEvent: never,
  consume: (queue) => queue === BROKER_INPUT_QUEUE,
  declare: never,
  remove: never,
  look: never,
  signal: never,
  listen: never,
};

/** The messages of an agent to the broker. `chat.message` is the server's: agents trust its body. */
const AGENT_MESSAGES: ReadonlySet<string> = new Set<QueueMessageType>([
  'chat.reply',
  'chat.settled',
  'chat.failed',
]);

/** The signals of an agent about its work, for the followers of the conversation. */
const AGENT_SIGNALS: ReadonlySet<string> = new Set<keyof typeof Signals>([
  'chat.delta',
  'chat.typing',
  'task.progress',
]);

const MAX_AGENT_PREFETCH = 1_000;

/** An agent has its own queues, speaks in its own name, and to the broker. */
function agentPermissions(agentId: string, entry: () => AgentEntry): QueuePermissions {
  const sender = agentSignalKey(agentId);
  const groupQueue = (): string => channelQueue(entry().profile.group);
  const isOwnQueue = (queue: string): boolean => queue === groupQueue() || queue === agentQueue(agentId);
  return {
    publish: (queue, envelope) =>
      queue === BROKER_INPUT_QUEUE
        ? AGENT_MESSAGES.has(envelope.type) && envelope.headers[HEADERS.sender] === sender
        : // Its group is given the past by itself, of any agent.
          queue === groupQueue() && eventIn(envelope) !== undefined,
    publishEvent(channel, eventType, envelope) {
      const published = eventIn(envelope);
      if (published === undefined) return false;
      const { source, type } = published.event;
      const isFromHere = source.kind === 'agent' && source.id === agentId;
      return isFromHere && type === eventType && published.channel === channel;
    },
    consume: (queue, prefetch) => isOwnQueue(queue) && prefetch <= MAX_AGENT_PREFETCH,
    declare: (queue, bindings) =>
      isOwnQueue(queue) &&
      bindings.every(({ channel, type }) =>
        (entry().profile.subscriptions ?? []).some(
          (wanted) =>
            wanted.channel === channel && (wanted.types.length === 0 || wanted.types.includes(type)),
        ),
      ),
    remove: never,
    look: isOwnQueue,
    signal: ({ type, key }) => AGENT_SIGNALS.has(type) && Id.safeParse(key).success,
    listen: (key) => key === sender,
  };
}

function eventIn(envelope: Envelope): ReturnType<typeof eventOf> | undefined {
  try {
    return eventOf(envelope);
  } catch (error) {
    if (error instanceof Reject) return undefined;
    throw error;
  }
}
