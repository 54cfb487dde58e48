import type { MessageStatus, ServerFrame, ServerFrameOf } from '@parley/shared-models';

/** A frame about a conversation, as all of its readers get it. */
export interface ConversationFrame<F extends ServerFrame = ServerFrame> {
  readonly frame: F;
  /** The frame as JSON: encoded once for all readers, when the first of them sends it. */
  readonly text: string;
  /** The frames that tell the same to a client of `frames` 1. */
  readonly separate: readonly ConversationFrame[];
}

/** @param isWhole how things stand, told from the store: no state before it is told to anybody. @default false */
export function conversationFrame<F extends ServerFrame>(frame: F, isWhole = false): ConversationFrame<F> {
  let text: string | undefined;
  let separate: readonly ConversationFrame[] | undefined;
  const told: ConversationFrame<F> = {
    frame,
    get text() {
      text ??= JSON.stringify(frame);
      return text;
    },
    get separate() {
      separate ??= isWhole ? [told] : separateFrames(told);
      return separate;
    },
  };
  return told;
}

/** How the request stands that a message answers, where the frame says so. */
export function statusWith({ message, status }: ServerFrameOf<'message'>): MessageStatus | undefined {
  const { conversationId, inReplyTo: messageId } = message;
  return status === undefined || messageId === undefined
    ? undefined
    : { messageId, conversationId, ...status };
}

function separateFrames(told: ConversationFrame): readonly ConversationFrame[] {
  const { frame } = told;
  if (frame.type === 'message') {
    const status = statusWith(frame);
    if (status === undefined) return [told];
    const shown = conversationFrame({ type: 'message', message: frame.message }, true);
    return [shown, conversationFrame({ type: 'message.status', ...status }, true)];
  }
  if (frame.type === 'message.status' && frame.status === 'delivered')
    return [conversationFrame({ ...frame, status: 'routed' }, true), told];
  return [told];
}
