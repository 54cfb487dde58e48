import type { AgentState, MessageStatus } from '@parley/shared-models';

/** What happens to a message that has no reply yet. `isMoving`: something works on it now. */
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
