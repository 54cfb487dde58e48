import { newId } from '@parley/shared-models';
import { MARKER } from './incoming-frame.ts';

/** Something to send to the external server. */
export interface Outgoing {
  readonly format: 'json' | 'text';
  /** `message`: an answer, or a message of an operator; `error`: the reason for a missing answer. */
  readonly type: 'message' | 'error';
  readonly text: string;
  /** @default newId() */
  readonly id?: string | undefined;
  /** The receiver, by the external server's id. */
  readonly userId?: string | undefined;
  /** The agent that wrote it. */
  readonly agent?: string | undefined;
  /** The external id of the message that it answers. */
  readonly inReplyTo?: string | undefined;
  readonly code?: string | undefined;
}

/** The frame: JSON with the marker that keeps it from being answered when it comes back, or the bare text. */
export function composeOutgoing(outgoing: Outgoing): { id: string; data: string } {
  const { format, type, text, id = newId(), userId, agent, inReplyTo, code } = outgoing;
  if (format === 'text') return { id, data: text };
  const frame = {
    type,
    id,
    message: text,
    user_id: userId,
    agent,
    in_reply_to: inReplyTo,
    code,
    source: MARKER,
    timestamp: new Date().toISOString(),
  };
  return { id, data: JSON.stringify(frame) };
}
