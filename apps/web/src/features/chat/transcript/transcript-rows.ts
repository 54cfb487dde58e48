import type { ChatMessage } from '@parley/shared-models';
import { calendarDaysBetween } from '../../../components/format-time.ts';

/** A message and its place among its neighbours. */
export interface MessageRow {
  readonly message: ChatMessage;
  /** The first of its day. */
  readonly startsDay: boolean;
  /** The writer is the same as just before: the name is not repeated. */
  readonly isContinuation: boolean;
  /** The first message that this browser had not shown. */
  readonly isFirstUnread: boolean;
}

const SAME_BREATH_MS = 5 * 60_000;

/** @param firstUnreadSeq undefined when all messages were shown before */
export function messageRows(
  messages: readonly ChatMessage[],
  firstUnreadSeq: number | undefined,
): MessageRow[] {
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const startsDay = before === undefined || !isSameDay(before, message);
    const isFirstUnread = message.seq === firstUnreadSeq && before !== undefined;
    return {
      message,
      startsDay,
      isFirstUnread,
      isContinuation: before !== undefined && !startsDay && !isFirstUnread && continues(before, message),
    };
  });
}

function isSameDay(one: ChatMessage, other: ChatMessage): boolean {
  return calendarDaysBetween(new Date(one.createdAt), new Date(other.createdAt)) === 0;
}

function continues(before: ChatMessage, message: ChatMessage): boolean {
  const { sender } = message;
  return (
    before.kind === message.kind &&
    before.sender.kind === sender.kind &&
    before.sender.id === sender.id &&
    Date.parse(message.createdAt) - Date.parse(before.createdAt) < SAME_BREATH_MS
  );
}

/** Ids of the messages that an agent has replied to. */
export function repliedTo(messages: readonly ChatMessage[]): ReadonlySet<string> {
  return new Set(
    messages.flatMap(({ kind, inReplyTo }) =>
      kind === 'REPLY' && inReplyTo !== undefined ? [inReplyTo] : [],
    ),
  );
}
