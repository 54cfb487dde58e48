import type { AgentDefinition, MessageContext } from '../agent-definition.ts';

/** Runs the part of the definition that the message is for: END, with which a session is left, or anything else. */
export function runHandler(
  definition: AgentDefinition,
  context: MessageContext,
  isSessionEnd: boolean,
): ReturnType<AgentDefinition['onMessage']> {
  if (!isSessionEnd) return definition.onMessage(context);
  if (definition.onSessionEnd !== undefined) return definition.onSessionEnd(context);
  return `You have left the conversation with ${context.agent.name}. Write again whenever you like.`;
}
