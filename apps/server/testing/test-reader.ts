import { eventually } from '@parley/messaging/test-queue';
import type { ServerFrame } from '@parley/shared-models';
import type { ConversationHub, Subscription } from '../src/conversations/conversation-hub.ts';
import type { ConversationReader } from '../src/conversations/follower.ts';
import type { Reader } from '../src/websocket/client-socket.ts';

/** A reader that keeps the frames sent to it; of a conversation those of version 1. */
export interface TestReader extends Reader, Pick<ConversationReader, 'onFrame'> {
  readonly frames: readonly ServerFrame[];
  /** The seqs of the messages that it was sent, in the order in which they came. */
  seqs(): number[];
  /** Waits until so many messages have come. */
  messages(count: number): Promise<void>;
  /** Waits for a state of the message. */
  status(messageId: string, status: string): Promise<void>;
  follow(hub: Pick<ConversationHub, 'follow'>, conversationId: string, afterSeq?: number): Subscription;
  close(): void;
}

/** @param flushed called when the sender waits for the reader */
export function createTestReader(flushed: () => Promise<void> = async () => {}): TestReader {
  const frames: ServerFrame[] = [];
  let isOpen = true;
  const seqs = (): number[] =>
    frames.flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []));
  const onFrame: ConversationReader['onFrame'] = ({ separate }) => {
    for (const { text } of separate) frames.push(JSON.parse(text));
  };
  return {
    frames,
    seqs,
    isOpen: () => isOpen,
    send: (text) => void frames.push(JSON.parse(text)),
    onFrame,
    flushed,
    follow: (hub, conversationId, afterSeq = 0) => hub.follow({ conversationId, afterSeq, onFrame, flushed }),
    messages: (count) =>
      eventually(() => {
        if (seqs().length < count) throw new Error(`${seqs().length} of ${count} messages`);
      }),
    status: (messageId, status) =>
      eventually(() => {
        const isThere = frames.some(
          (frame) =>
            frame.type === 'message.status' && frame.messageId === messageId && frame.status === status,
        );
        if (!isThere) throw new Error(`${messageId} is not ${status}`);
      }),
    close() {
      isOpen = false;
    },
  };
}
