import { taskView } from '@parley/durable-tasks';
import {
  type AgentStatus,
  CAPABILITIES,
  type ClientFrame,
  type ClientFrameOf,
  type ClientFrameType,
  deriveId,
  FRAME_ACTIONS,
  isAllowed,
  LIMITS,
  ParleyError,
  reportOf,
  type UnstoredMessage,
} from '@parley/shared-models';
import { statusFrame } from '../commands/command-hub.ts';
import { commandBytes } from '../limits/user-limits.ts';
import { resetQueues } from '../requests/reset-queues.ts';
import { stopAnswer } from '../requests/stop.ts';
import { type Submitted, submit } from '../requests/submit.ts';
import { cancelTask } from '../tasks/cancel-task.ts';
import { listTaskViews, ownedTask } from '../tasks/task-records.ts';
import { authorize, authorizeEntered } from '../users/permissions.ts';
import type { ClientSocket, FrameHandler } from './client-socket.ts';
import { onAgentControl } from './frames/agent-control.ts';

/** Answers `hello` with the user, the agents, and the missed messages of the conversations to resume. */
export function welcome(socket: ClientSocket, hello: ClientFrameOf<'hello'>): void {
  const { agents, bus, logger } = socket.services;
  socket.sendFrame({
    type: 'welcome',
    connectionId: socket.connectionId,
    user: socket.user,
    serverTime: new Date().toISOString(),
    heartbeatMs: LIMITS.heartbeatMs,
    queue: bus.kind,
    languageModel: languageModelOf(agents.list()),
  });
  if (isAllowed(socket.user, 'commands.read')) socket.services.commandService.hub.attach(socket);
  socket.sendFrame({ type: 'agents', agents: agents.list(), isFull: true });
  for (const [conversationId, afterSeq] of Object.entries(hello.resume ?? {})) {
    // Each for itself: one that is gone must not keep the others from resuming.
    followOwn(socket, conversationId, afterSeq).catch((error: unknown) => {
      logger.debug({ err: error, conversationId }, 'a conversation could not be resumed');
      socket.sendFrame({ type: 'error', ...reportOf(error), inReplyTo: conversationId });
    });
  }
}

/** The name of the language model, for people, by the agents that are online; `offline rules` without one. */
function languageModelOf(agents: readonly AgentStatus[]): string {
  const labels = agents
    .filter((agent) => agent.state === 'online')
    .flatMap((agent) => agent.capabilities)
    .filter((capability) => capability.startsWith(CAPABILITIES.languageModelPrefix))
    .map((capability) => capability.slice(CAPABILITIES.languageModelPrefix.length).trim());
  return labels.find((label) => label !== 'offline rules') ?? labels[0] ?? 'offline rules';
}

/** Submits the message and acknowledges it. Sent again, it is only acknowledged again. */
export const onMessageSend: FrameHandler<ClientFrameOf<'message.send'>> = async (frame, socket) => {
  if (frame.onBehalfOf !== undefined) authorize(socket.user, 'messages.onBehalf');
  await submit(socket.services, {
    message: unstored(frame, socket),
    ownerId: socket.user.id,
    payer: socket,
    target: frame.target,
    onStored: (submitted) => acknowledge(submitted, socket),
  });
};

/** The sender follows the conversation from this message on. */
function acknowledge({ message, isDuplicate }: Submitted, socket: ClientSocket): void {
  const { id, conversationId, seq } = message;
  const followed = socket.conversations.get(conversationId);
  // With the `ack` it has the message, where that is the next one for this connection.
  const isWithAck = socket.frames >= 2 && (followed === undefined ? !isDuplicate : followed.countAsTold(seq));
  socket.sendFrame({ type: 'ack', id, conversationId, seq, ...(isWithAck && { message }) });
  if (followed === undefined) socket.conversations.follow(conversationId, isWithAck ? seq : seq - 1);
}

function unstored(frame: ClientFrameOf<'message.send'>, socket: ClientSocket): UnstoredMessage {
  return {
    id: frame.id,
    // Sent again, it must lead to the same conversation.
    conversationId: frame.conversationId ?? deriveId(frame.id, 'conversation'),
    kind: 'TEXT',
    sender:
      frame.onBehalfOf === undefined
        ? { kind: 'user', id: socket.user.id, name: socket.user.name }
        : { kind: 'external', ...frame.onBehalfOf },
    text: frame.text,
    createdAt: new Date().toISOString(),
    ...(frame.inReplyTo === undefined ? {} : { inReplyTo: frame.inReplyTo }),
  };
}

/** Stops an answer, also of a message that was sent just before. */
export const onMessageCancel: FrameHandler<ClientFrameOf<'message.cancel'>> = async (
  { messageId },
  { services, user },
) => {
  await services.submissions.settled(messageId);
  const found = await services.store.getMessage(messageId);
  if (found === undefined || found.status === undefined) {
    throw new ParleyError('not_found', 'There is no such message that could be stopped.');
  }
  if (found.ownerId !== user.id) throw new ParleyError('forbidden', 'That message belongs to somebody else.');
  await stopAnswer(services, found.status);
};

/** Follows the conversation: the messages after `afterSeq` first, then new ones. */
const onConversationOpen: FrameHandler<ClientFrameOf<'conversation.open'>> = async (frame, socket) => {
  await followOwn(socket, frame.conversationId, frame.afterSeq ?? 0);
};

/** @throws ParleyError `not_found`, `forbidden` */
async function followOwn(socket: ClientSocket, conversationId: string, afterSeq: number): Promise<void> {
  const conversation = await socket.services.store.getConversation(conversationId);
  if (conversation === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
  if (conversation.ownerId !== socket.user.id) {
    throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
  }
  socket.conversations.follow(conversationId, afterSeq);
  // A client that has seen part of it may show a session that is over.
  if (conversation.session !== undefined || afterSeq > 0)
    socket.sendFrame({ type: 'session', conversationId, session: conversation.session ?? null });
  await sendTasksOf(socket, conversationId);
}

/** A client that opens a conversation is sent at most this many of its tasks. */
const SENT_TASKS = 10;

/** Sends a conversation's newest tasks, the oldest of them first. */
async function sendTasksOf(socket: ClientSocket, conversationId: string): Promise<void> {
  const found = await listTaskViews(socket.services, { conversationId, limit: SENT_TASKS });
  for (const task of found.toReversed()) socket.sendFrame({ type: 'task.update', task });
}

const onConversationClose: FrameHandler<ClientFrameOf<'conversation.close'>> = (frame, socket) => {
  socket.conversations.leave(frame.conversationId);
};

const onTyping: FrameHandler<ClientFrameOf<'typing'>> = ({ conversationId, isTyping }, socket) => {
  const followed = socket.conversations.get(conversationId);
  if (followed === undefined)
    throw new ParleyError('forbidden', 'Open the conversation before typing in it.');
  const by = { kind: 'user', id: socket.user.id, name: socket.user.name } as const;
  followed.tellOthers({ type: 'typing', conversationId, by, isTyping });
};

const onAgentsRequest: FrameHandler<ClientFrameOf<'agents.request'>> = (_frame, socket) => {
  socket.sendFrame({ type: 'agents', agents: socket.services.agents.list(), isFull: true });
};

/** Empties the queues and answers how many messages went. */
const onQueuesReset: FrameHandler<ClientFrameOf<'queues.reset'>> = async (_frame, socket) => {
  socket.sendFrame({ type: 'queues.reset', ...(await resetQueues(socket.services, socket)) });
};

/** Stores the command, or one for each agent, delivers it, follows it, and answers with its state. */
const onCommandRun: FrameHandler<ClientFrameOf<'command.run'>> = async ({ type: _, ...request }, socket) => {
  await socket.services.userLimits.charge(socket, commandBytes(request));
  const { commands } = await socket.services.commandService.operators.run(request, socket);
  await Promise.all(commands.map(({ id }) => openCommand(socket, id, 0)));
};

/**
 * Follows the command: its output after `afterSeq`, its state, then all news of it.
 * @throws ParleyError `not_found`
 */
async function openCommand(socket: ClientSocket, id: string, afterSeq: number): Promise<void> {
  const { operators, hub } = socket.services.commandService;
  // Before it is looked up: no change in between is missed.
  hub.follow(socket, id, afterSeq);
  try {
    hub.tell(socket, await operators.require(id));
  } catch (error) {
    hub.unfollow(socket, id);
    throw error;
  }
}

/** Stops a running command and ends a waiting one; answers with the state. */
const onCommandCancel: FrameHandler<ClientFrameOf<'command.cancel'>> = async ({ id }, socket) => {
  socket.sendFrame(statusFrame(await socket.services.commandService.operators.cancel(id, socket)));
};

/** Follows the command: its output after `afterSeq` first, then new output. */
const onCommandOpen: FrameHandler<ClientFrameOf<'command.open'>> = ({ id, afterSeq }, socket) =>
  openCommand(socket, id, afterSeq ?? 0);

const onCommandClose: FrameHandler<ClientFrameOf<'command.close'>> = ({ id }, socket) => {
  socket.services.commandService.hub.unfollow(socket, id);
};

/** Lets a command pass that waits for a second person. */
const onCommandApprove: FrameHandler<ClientFrameOf<'command.approve'>> = async ({ id }, socket) => {
  socket.sendFrame(statusFrame(await socket.services.commandService.operators.approve(id, socket)));
};

/** Refuses a command that waits for a second person. */
const onCommandReject: FrameHandler<ClientFrameOf<'command.reject'>> = async ({ id, reason }, socket) => {
  socket.sendFrame(statusFrame(await socket.services.commandService.operators.reject(id, reason, socket)));
};

/** Cancels a task; answered by a `task.update`, also where it was over already. */
const onTaskCancel: FrameHandler<ClientFrameOf<'task.cancel'>> = async ({ taskId }, socket) => {
  const { services, user } = socket;
  await ownedTask(services, taskId, user);
  const { document, version } = await cancelTask(services, taskId);
  socket.sendFrame({ type: 'task.update', task: taskView(document, version) });
};

/** Follows a channel: its last events first, then new ones. */
const onChannelOpen: FrameHandler<ClientFrameOf<'channel.open'>> = async ({ channel, last = 0 }, socket) => {
  if (channel === 'agents') authorize(socket.user, 'channels.agents');
  await socket.services.channels.follow(socket, channel, last);
};

const onChannelClose: FrameHandler<ClientFrameOf<'channel.close'>> = ({ channel }, socket) => {
  socket.services.channels.unfollow(socket, channel);
};

/** Logs the event, acknowledges it, and publishes it to its channel. Sent again, it is only acknowledged again. */
const onEventPublish: FrameHandler<ClientFrameOf<'event.publish'>> = async ({ channel, event }, socket) => {
  const { services, user } = socket;
  if (channel === 'agents') authorize(user, 'channels.agents');
  await services.userLimits.charge(socket, Buffer.byteLength(JSON.stringify(event)));
  await services.eventRelay.room();
  const { logged, isDuplicate } = await services.store.events.append(
    {
      channel,
      ownerId: user.id,
      event: {
        ...event,
        source: { kind: 'user', id: user.id, name: user.name },
        at: new Date().toISOString(),
      },
    },
    { isForOutbox: true },
  );
  socket.sendFrame({ type: 'event.accepted', id: event.id });
  if (!isDuplicate) services.eventRelay.send(logged);
};

/** A gateway tells how its connection to an external server stands. */
const onExternalReport: FrameHandler<ClientFrameOf<'external.report'>> = ({ status }, socket) => {
  socket.services.gateways.report(socket, status);
};

/** A gateway answers `external.send`. */
const onExternalSent: FrameHandler<ClientFrameOf<'external.sent'>> = (frame, socket) => {
  socket.services.gateways.sent(socket, frame);
};

/** The frames that come after `hello`. */
type HandledFrame = Exclude<ClientFrameType, 'hello'>;

const handlers: { readonly [T in HandledFrame]: FrameHandler<ClientFrameOf<T>> } = {
  'message.send': onMessageSend,
  'message.cancel': onMessageCancel,
  'conversation.open': onConversationOpen,
  'conversation.close': onConversationClose,
  typing: onTyping,
  'agents.request': onAgentsRequest,
  'agent.control': onAgentControl,
  'queues.reset': onQueuesReset,
  'command.run': onCommandRun,
  'command.cancel': onCommandCancel,
  'command.open': onCommandOpen,
  'command.close': onCommandClose,
  'command.approve': onCommandApprove,
  'command.reject': onCommandReject,
  'task.cancel': onTaskCancel,
  'channel.open': onChannelOpen,
  'channel.close': onChannelClose,
  'event.publish': onEventPublish,
  'external.report': onExternalReport,
  'external.sent': onExternalSent,
  ping: (_frame, socket) => socket.sendFrame({ type: 'pong' }),
};

export async function handleFrame(frame: ClientFrame, socket: ClientSocket): Promise<void> {
  if (frame.type === 'hello') throw new ParleyError('already_welcomed', 'hello was sent before.');
  socket.services.userLimits.count(socket);
  const action = FRAME_ACTIONS[frame.type];
  if (action !== 'none') authorizeEntered(action, socket, socket.services.audit);
  // The table's type pairs each name with its frame; indexing by a union loses that pairing.
  const handler = handlers[frame.type] as FrameHandler<ClientFrame>;
  await handler(frame, socket);
}
