import { types } from 'node:util';
import { ParleyError } from '@parley/shared-models';
import type { AgentDefinition, MessageContext } from '../agent-definition.ts';
import { describeValue } from '../given/describe-value.ts';

/**
 * Runs the part of the definition that the message is for: END, with which a session is left, or anything else. Resolves
 * with what is still to be replied.
 * @param written how many replies there are
 * @throws ParleyError `agent_failed` when the handler returns something that is no text
 */
export async function runHandler(
  definition: AgentDefinition,
  context: MessageContext,
  isSessionEnd: boolean,
  written: () => number,
): Promise<string | undefined> {
  if (isSessionEnd && definition.onSessionEnd === undefined) {
    return `You have left the conversation with ${context.agent.name}. Write again whenever you like.`;
  }
  const handler = isSessionEnd ? 'onSessionEnd' : 'onMessage';
  const returned: unknown = await definition[handler]?.(context);
  // `null` is what JavaScript returns for nothing as often as `undefined`.
  if (returned === undefined || returned === null || returned === '') return undefined;
  if (typeof returned !== 'string') {
    const given = `${handler} of ${definition.name} returned ${describeValue(returned)}`;
    const hint = types.isUint8Array(returned) ? ' Decode bytes first, or give them to stream().' : '';
    const message = `${given}; it may return a text, which is the reply, or nothing.${hint}`;
    if (written() === 0) throw new ParleyError('agent_failed', message);
    context.logger.warn(message);
    return undefined;
  }
  // What `stream` returned, or a text beside a reply, has been said already.
  return written() === 0 ? returned : undefined;
}
