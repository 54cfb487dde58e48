import type { JsonValue, Participant } from '@parley/shared-models';
import type { TaskDocument } from './task-document.ts';

export interface NewTask {
  readonly id: string;
  readonly conversationId: string;
  readonly group: string;
  readonly ownerId: string;
  readonly user: Participant;
  readonly title: string;
  readonly requestId: string;
  readonly text: string;
  readonly input?: JsonValue | undefined;
}

/** A task that has just begun. @param at ISO 8601 */
export function newTask({ requestId, text, input, ...task }: NewTask, at: string): TaskDocument {
  return {
    ...task,
    state: 'PLANNING',
    round: 1,
    rounds: [{ round: 1, requestId, text, at, ...(input === undefined ? {} : { input }) }],
    steps: [],
    toSay: [],
    createdAt: at,
    updatedAt: at,
  };
}
