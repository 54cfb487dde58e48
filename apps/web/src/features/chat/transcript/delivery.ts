import type { OutboxItem } from '@parley/client';
import type { AgentState, MessageStatus } from '@parley/shared-models';

export interface Delivery {
  readonly state: 'queued' | 'sending' | 'accepted' | 'routed' | 'answered' | 'stopped' | 'failed';
  /** The meaning of the state, for people. */
  readonly label: string;
}

/** The state of a message that the server has stored. `hasReply`: an agent's reply to it is loaded. */
export function deliveryOf(status: MessageStatus | undefined, hasReply: boolean): Delivery {
  const agent = status?.routing?.agentName;
  switch (status?.status) {
    case 'answered':
      return { state: 'answered', label: agent === undefined ? 'Answered' : `Answered by ${agent}` };
    case 'failed':
      return status.error?.code === 'cancelled'
        ? { state: 'stopped', label: 'Stopped' }
        : { state: 'failed', label: `Failed: ${reasonOf(status)}` };
    case 'dead_lettered':
      return { state: 'failed', label: `Put with the dead letters: ${reasonOf(status)}` };
  }
  if (hasReply) return { state: 'answered', label: 'Answered' };
  if (status?.status === 'routed' || status?.status === 'delivered') {
    const verb = status.status === 'routed' ? 'Routed' : 'Delivered';
    return { state: 'routed', label: agent === undefined ? verb : `${verb} to ${agent}` };
  }
  return { state: 'accepted', label: 'Accepted by the server' };
}

const reasonOf = ({ error }: MessageStatus): string => error?.message ?? 'no reason was given';

/** The state of a message that the server has not acknowledged. */
export function deliveryOfUnsent(item: OutboxItem, isConnected: boolean): Delivery {
  if (item.lastError !== undefined)
    return { state: 'queued', label: `Trying again: ${item.lastError.message}` };
  if (!isConnected) return { state: 'queued', label: 'Kept here, sent when connected' };
  return item.state === 'sending'
    ? { state: 'sending', label: 'Sending' }
    : { state: 'queued', label: 'Waits for the message before it' };
}

/** The progress of a message that has no reply yet. `isMoving`: a process works on it now. */
export function workText(
  status: MessageStatus | undefined,
  agentState: AgentState | undefined,
  isTyping: boolean,
): { text: string; isMoving: boolean } {
  const name = status?.routing?.agentName;
  if (name === undefined) return { text: 'Choosing an agent', isMoving: true };
  if (isTyping) return { text: `${name} is typing`, isMoving: true };
  if (agentState === 'paused')
    return { text: `${name} is paused; the message waits for it`, isMoving: false };
  if (agentState === 'offline')
    return { text: `${name} is offline; the message waits for it`, isMoving: false };
  return { text: `${name} has the message`, isMoving: true };
}
