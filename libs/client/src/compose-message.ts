import { ClientFrames, describeIssue, newId, ParleyError } from '@parley/shared-models';
import type { SendInput } from './client.ts';
import { isTooLarge } from './frame-size.ts';
import type { QueuedMessage } from './outbox.ts';

export interface Composed {
  readonly id: string;
  readonly conversationId: string;
  /** What the server will take, or what is wrong with it: `invalid_frame`. */
  readonly frame: QueuedMessage['frame'] | ParleyError;
}

/**
 * Makes the frame of a message. The client makes the id of a new conversation too: messages that follow the first one
 * before it is acknowledged go to the same conversation, and the first one sent again begins no second one.
 */
export function composeMessage(input: SendInput): Composed {
  const { id = newId(), conversationId = newId() } = input;
  const frame = { type: 'message.send', ...input, id, conversationId };
  const parsed = ClientFrames['message.send'].safeParse(frame);
  if (!parsed.success) {
    const { message, details } = describeIssue(parsed.error);
    return { id, conversationId, frame: new ParleyError('invalid_frame', message, { details }) };
  }
  // As the server writes them: its answers name them so.
  const message = { ...parsed.data, conversationId: parsed.data.conversationId ?? conversationId };
  if (isTooLarge(JSON.stringify(message))) {
    const error = new ParleyError('invalid_frame', 'text: too large for one frame', {
      details: { path: 'text' },
    });
    return { id, conversationId, frame: error };
  }
  return { id: message.id, conversationId: message.conversationId, frame: message };
}
