import { eventually } from '@parley/messaging/test-queue';
import type { ServerFrame } from '@parley/shared-models';
import type { Reader } from '../conversations/follower.ts';

/** A reader that keeps what it is sent. */
export interface TestReader extends Reader {
  readonly frames: readonly ServerFrame[];
  /** The seqs of the messages that it was sent, in the order in which they came. */
  seqs(): number[];
  /** Waits until so many messages have come. */
  messages(count: number): Promise<void>;
  /** Waits for a state of the message. */
  status(messageId: string, status: string): Promise<void>;
  close(): void;
}

/** @param flushed called when the sender waits for the reader */
export function createTestReader(flushed: () => Promise<void> = async () => {}): TestReader {
  const frames: ServerFrame[] = [];
  let isOpen = true;
  const seqs = (): number[] =>
    frames.flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []));
  return {
    frames,
    seqs,
    isOpen: () => isOpen,
    send: (text) => void frames.push(JSON.parse(text)),
    flushed,
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
