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
import { onAgentControl } from './frames/agent-control.ts';
import type { FrameHandler, Session } from './session.ts';

/** Answers `hello`: who is there, which agents there are, and what was missed in the conversations to resume. */
export function welcome(session: Session, hello: ClientFrameOf<'hello'>): void {
  const { agents, bus, logger } = session.services;
  session.sendFrame({
    type: 'welcome',
    connectionId: session.connectionId,
    user: session.user,
    serverTime: new Date().toISOString(),
    heartbeatMs: LIMITS.heartbeatMs,
    queue: bus.kind,
    languageModel: languageModelOf(agents.list()),
  });
  if (isAllowed(session.user, 'commands.read')) session.services.commandService.hub.attach(session);
  session.sendFrame({ type: 'agents', agents: agents.list(), isFull: true });
  for (const [conversationId, afterSeq] of Object.entries(hello.resume ?? {})) {
    // Each for itself: one that is gone must not keep the others from resuming.
    followOwn(session, conversationId, afterSeq).catch((error: unknown) => {
      logger.debug({ err: error, conversationId }, 'a conversation could not be resumed');
      session.sendFrame({ type: 'error', ...reportOf(error), inReplyTo: conversationId });
    });
  }
}

/** Which language model answers, for people: what the agents online say, or that there is none. */
function languageModelOf(agents: readonly AgentStatus[]): string {
  const labels = agents
    .filter((agent) => agent.state === 'online')
    .flatMap((agent) => agent.capabilities)
    .filter((capability) => capability.startsWith(CAPABILITIES.languageModelPrefix))
    .map((capability) => capability.slice(CAPABILITIES.languageModelPrefix.length).trim());
  return labels.find((label) => label !== 'offline rules') ?? labels[0] ?? 'offline rules';
}

/** Submits the message and acknowledges it. Sent again, it is only acknowledged again. */
export const onMessageSend: FrameHandler<ClientFrameOf<'message.send'>> = async (frame, session) => {
  if (frame.onBehalfOf !== undefined) authorize(session.user, 'messages.onBehalf');
  await submit(session.services, {
    message: unstored(frame, session),
    ownerId: session.user.id,
    payer: session,
    target: frame.target,
    onStored: (submitted) => acknowledge(submitted, session),
  });
};

/** Whoever writes to a conversation follows it, from this message on. */
function acknowledge({ message, isDuplicate }: Submitted, session: Session): void {
  const { id, conversationId, seq } = message;
  const followed = session.conversations.get(conversationId);
  // With the `ack` it has the message, where that is the next one for this connection.
  const isWithAck =
    session.frames >= 2 && (followed === undefined ? !isDuplicate : followed.countAsTold(seq));
  session.sendFrame({ type: 'ack', id, conversationId, seq, ...(isWithAck && { message }) });
  if (followed === undefined) session.conversations.follow(conversationId, isWithAck ? seq : seq - 1);
}

function unstored(frame: ClientFrameOf<'message.send'>, session: Session): UnstoredMessage {
  return {
    id: frame.id,
    // Sent again, it must lead to the same conversation.
    conversationId: frame.conversationId ?? deriveId(frame.id, 'conversation'),
    kind: 'TEXT',
    sender:
      frame.onBehalfOf === undefined
        ? { kind: 'user', id: session.user.id, name: session.user.name }
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

/** Follows the conversation: what came after `afterSeq` first, then what comes. */
const onConversationOpen: FrameHandler<ClientFrameOf<'conversation.open'>> = async (frame, session) => {
  await followOwn(session, frame.conversationId, frame.afterSeq ?? 0);
};

/** @throws ParleyError `not_found`, `forbidden` */
async function followOwn(session: Session, conversationId: string, afterSeq: number): Promise<void> {
  const conversation = await session.services.store.getConversation(conversationId);
  if (conversation === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
  if (conversation.ownerId !== session.user.id) {
    throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
  }
  session.conversations.follow(conversationId, afterSeq);
  // Who has seen something of it may believe in a session that is over.
  if (conversation.session !== undefined || afterSeq > 0)
    session.sendFrame({ type: 'session', conversationId, session: conversation.session ?? null });
  await sendTasksOf(session, conversationId);
}

/** A client that opens a conversation is sent at most this many of its tasks. */
const SENT_TASKS = 10;

/** Sends a conversation's newest tasks, the oldest of them first. */
async function sendTasksOf(session: Session, conversationId: string): Promise<void> {
  const found = await listTaskViews(session.services, { conversationId, limit: SENT_TASKS });
  for (const task of found.toReversed()) session.sendFrame({ type: 'task.update', task });
}

const onConversationClose: FrameHandler<ClientFrameOf<'conversation.close'>> = (frame, session) => {
  session.conversations.leave(frame.conversationId);
};

const onTyping: FrameHandler<ClientFrameOf<'typing'>> = ({ conversationId, isTyping }, session) => {
  const followed = session.conversations.get(conversationId);
  if (followed === undefined)
    throw new ParleyError('forbidden', 'Open the conversation before typing in it.');
  const by = { kind: 'user', id: session.user.id, name: session.user.name } as const;
  followed.tellOthers({ type: 'typing', conversationId, by, isTyping });
};

const onAgentsRequest: FrameHandler<ClientFrameOf<'agents.request'>> = (_frame, session) => {
  session.sendFrame({ type: 'agents', agents: session.services.agents.list(), isFull: true });
};

/** Empties the queues and answers how many messages went. */
const onQueuesReset: FrameHandler<ClientFrameOf<'queues.reset'>> = async (_frame, session) => {
  session.sendFrame({ type: 'queues.reset', ...(await resetQueues(session.services, session)) });
};

/** Stores the command, or one for each agent, sets it on its way, follows it, and answers with its state. */
const onCommandRun: FrameHandler<ClientFrameOf<'command.run'>> = async ({ type: _, ...request }, session) => {
  await session.services.userLimits.charge(session, commandBytes(request));
  const { commands } = await session.services.commandService.operators.run(request, session);
  await Promise.all(commands.map(({ id }) => openCommand(session, id, 0)));
};

/**
 * The session follows the command: what it printed after `afterSeq`, where it stands, then what comes.
 * @throws ParleyError `not_found`
 */
async function openCommand(session: Session, id: string, afterSeq: number): Promise<void> {
  const { operators, hub } = session.services.commandService;
  // Before it is looked up: no change in between is missed.
  hub.follow(session, id, afterSeq);
  try {
    hub.tell(session, await operators.require(id));
  } catch (error) {
    hub.unfollow(session, id);
    throw error;
  }
}

/** Stops what runs and ends what waits; answers with the state. */
const onCommandCancel: FrameHandler<ClientFrameOf<'command.cancel'>> = async ({ id }, session) => {
  session.sendFrame(statusFrame(await session.services.commandService.operators.cancel(id, session)));
};

/** Follows the command: what it printed after `afterSeq` first, then what comes. */
const onCommandOpen: FrameHandler<ClientFrameOf<'command.open'>> = ({ id, afterSeq }, session) =>
  openCommand(session, id, afterSeq ?? 0);

const onCommandClose: FrameHandler<ClientFrameOf<'command.close'>> = ({ id }, session) => {
  session.services.commandService.hub.unfollow(session, id);
};

/** Lets a command pass that waits for a second person. */
const onCommandApprove: FrameHandler<ClientFrameOf<'command.approve'>> = async ({ id }, session) => {
  session.sendFrame(statusFrame(await session.services.commandService.operators.approve(id, session)));
};

/** Refuses a command that waits for a second person. */
const onCommandReject: FrameHandler<ClientFrameOf<'command.reject'>> = async ({ id, reason }, session) => {
  session.sendFrame(statusFrame(await session.services.commandService.operators.reject(id, reason, session)));
};

/** Cancels a task; answered by a `task.update`, also where it was over already. */
const onTaskCancel: FrameHandler<ClientFrameOf<'task.cancel'>> = async ({ taskId }, session) => {
  const { services, user } = session;
  await ownedTask(services, taskId, user);
  const { document, version } = await cancelTask(services, taskId);
  session.sendFrame({ type: 'task.update', task: taskView(document, version) });
};

/** Follows a channel: its last events first, then what comes. */
const onChannelOpen: FrameHandler<ClientFrameOf<'channel.open'>> = async ({ channel, last = 0 }, session) => {
  if (channel === 'agents') authorize(session.user, 'channels.agents');
  await session.services.channels.follow(session, channel, last);
};

const onChannelClose: FrameHandler<ClientFrameOf<'channel.close'>> = ({ channel }, session) => {
  session.services.channels.unfollow(session, channel);
};

/** Logs the event, says so, and sets it on its way to its channel. Sent again, it is only acknowledged again. */
const onEventPublish: FrameHandler<ClientFrameOf<'event.publish'>> = async ({ channel, event }, session) => {
  const { services, user } = session;
  if (channel === 'agents') authorize(user, 'channels.agents');
  await services.userLimits.charge(session, Buffer.byteLength(JSON.stringify(event)));
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
  session.sendFrame({ type: 'event.accepted', id: event.id });
  if (!isDuplicate) services.eventRelay.send(logged);
};

/** A gateway tells how its connection to an external server stands. */
const onExternalReport: FrameHandler<ClientFrameOf<'external.report'>> = ({ status }, session) => {
  session.services.gateways.report(session, status);
};

/** A gateway answers `external.send`. */
const onExternalSent: FrameHandler<ClientFrameOf<'external.sent'>> = (frame, session) => {
  session.services.gateways.sent(session, frame);
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
  ping: (_frame, session) => session.sendFrame({ type: 'pong' }),
};

export async function handleFrame(frame: ClientFrame, session: Session): Promise<void> {
  if (frame.type === 'hello') throw new ParleyError('already_welcomed', 'hello was sent before.');
  session.services.userLimits.count(session);
  const action = FRAME_ACTIONS[frame.type];
  if (action !== 'none') authorizeEntered(action, session, session.services.audit);
  // The table's type pairs each name with its frame; indexing by a union loses that pairing.
  const handler = handlers[frame.type] as FrameHandler<ClientFrame>;
  await handler(frame, session);
}
