import {
  type ClientFrame,
  type ClientFrameOf,
  type ClientFrameType,
  ParleyError,
} from '@parley/shared-models';
import { authorizeEntered } from '../audit/refusals.ts';
import { FRAME_ACTIONS } from '../users/permissions.ts';
import { onAgentControl } from './frames/agent-control.ts';
import { onAgentsRequest } from './frames/agents-request.ts';
import { onChannelClose } from './frames/channel-close.ts';
import { onChannelOpen } from './frames/channel-open.ts';
import { onCommandApprove } from './frames/command-approve.ts';
import { onCommandCancel } from './frames/command-cancel.ts';
import { onCommandClose } from './frames/command-close.ts';
import { onCommandOpen } from './frames/command-open.ts';
import { onCommandReject } from './frames/command-reject.ts';
import { onCommandRun } from './frames/command-run.ts';
import { onConversationClose } from './frames/conversation-close.ts';
import { onConversationOpen } from './frames/conversation-open.ts';
import { onEventPublish } from './frames/event-publish.ts';
import { onExternalReport } from './frames/external-report.ts';
import { onExternalSent } from './frames/external-sent.ts';
import { onMessageCancel } from './frames/message-cancel.ts';
import { onMessageSend } from './frames/message-send.ts';
import { onQueuesReset } from './frames/queues-reset.ts';
import { onTaskCancel } from './frames/task-cancel.ts';
import { onTyping } from './frames/typing.ts';
import type { FrameHandler, Session } from './session.ts';

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
