import { isTerminal } from '@parley/shared-models';
import type { SessionState } from '../../session/session-state.ts';

/** The newest message of the conversation whose answer can be stopped. */
export function stoppableId(state: SessionState, conversationId: string): string | undefined {
  const thread = state.threads[conversationId];
  return thread?.messages.findLast(({ id, kind }) => {
    const status = thread.statuses[id]?.status;
    return kind === 'TEXT' && status !== undefined && !isTerminal(status);
  })?.id;
}
