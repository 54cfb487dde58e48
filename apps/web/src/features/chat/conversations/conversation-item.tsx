import type { Conversation } from '@parley/shared-models';
import { memo } from 'react';
import { Link } from 'wouter';
import { fullTime } from '../../../components/format-time.ts';
import { unreadCount } from '../../../session/last-seen.ts';
import { useSessionState } from '../../../session/use-session.ts';
import classes from './conversation-list.module.css';
import { plainText } from './plain-text.ts';

interface Props {
  readonly conversation: Conversation;
  readonly isSelected: boolean;
  readonly onPicked: () => void;
}

export const ConversationItem = memo(function ConversationItem({
  conversation,
  isSelected,
  onPicked,
}: Props) {
  const unread = useSessionState(({ lastSeen }) => (isSelected ? 0 : unreadCount(lastSeen, conversation)));
  const isWaiting = useSessionState(({ outbox }) =>
    outbox.some((item) => item.conversationId === conversation.id),
  );
  return (
    <li>
      <Link
        href={`/c/${conversation.id}`}
        className={classes.item}
        aria-current={isSelected ? 'page' : undefined}
        data-unread={unread > 0 || undefined}
        data-item
        title={fullTime(conversation.updatedAt)}
        onClick={onPicked}
      >
        <span className={classes.title}>{conversation.title === '' ? 'Untitled' : conversation.title}</span>
        {isWaiting ? <span className={classes.kept}>not sent yet</span> : null}
        {unread === 0 ? null : (
          <span className={classes.unread}>
            {unread > 99 ? '99+' : unread}
            <span className={classes.spoken}> unread</span>
          </span>
        )}
        <span className={classes.preview}>{plainText(conversation.preview)}</span>
      </Link>
    </li>
  );
});
