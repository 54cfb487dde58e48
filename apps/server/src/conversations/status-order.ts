import { isTerminal, type MessageStatus } from '@parley/shared-models';

/** Ended messages of one conversation that are remembered for one reader. */
const REMEMBERED = 1000;

/**
 * Tells which states of messages a reader may still be shown. Several servers tell of one message, and what one of them has
 * told earlier may arrive later: behind the end of a message nothing comes that was before it.
 */
export function createStatusOrder(): { isNews(status: MessageStatus): boolean } {
  let ended: Map<string, MessageStatus> | undefined;
  return {
    isNews(status) {
      const { messageId } = status;
      if (!isTerminal(status.status)) {
        const end = ended?.get(messageId);
        return end === undefined || isReplayOf(end, status);
      }
      ended ??= new Map();
      ended.delete(messageId);
      ended.set(messageId, status);
      const [oldest] = ended.keys();
      if (ended.size > REMEMBERED && oldest !== undefined) ended.delete(oldest);
      return true;
    },
  };
}

/** Only a dead letter is replayed: then the message has set out anew. */
function isReplayOf(end: MessageStatus, { hops }: MessageStatus): boolean {
  const [before, now] = [end.hops[0]?.at, hops[0]?.at];
  return end.status === 'dead_lettered' && (before === undefined || (now !== undefined && now > before));
}
