import { ClientFrames, describeIssue, newId, ParleyError } from '@parley/shared-models';
import type { SendInput } from './client.ts';
import { isTooLarge } from './frame-size.ts';
import type { QueuedMessage } from './outbox.ts';

export interface Composed {
  readonly id: string;
  readonly conversationId: string;
  /** The valid frame, or the error `invalid_frame`. */
  readonly frame: QueuedMessage['frame'] | ParleyError;
}

/**
 * Makes the frame of a message. The client also makes the id of a new conversation: later messages, sent before the first
 * `ack`, go to the same conversation, and a repeated first message begins no second conversation.
 */
export function composeMessage(input: SendInput): Composed {
  const { id = newId(), conversationId = newId() } = input;
  const frame = { type: 'message.send', ...input, id, conversationId };
  const parsed = ClientFrames['message.send'].safeParse(frame);
  if (!parsed.success) {
    const { message, details } = describeIssue(parsed.error);
    return { id, conversationId, frame: new ParleyError('invalid_frame', message, { details }) };
  }
  // With ids as the server writes them: its answers use them.
  const message = { ...parsed.data, conversationId: parsed.data.conversationId ?? conversationId };
  if (isTooLarge(JSON.stringify(message))) {
    const error = new ParleyError('invalid_frame', 'text: too large for one frame', {
      details: { path: 'text' },
    });
    return { id, conversationId, frame: error };
  }
  return { id: message.id, conversationId: message.conversationId, frame: message };
}
