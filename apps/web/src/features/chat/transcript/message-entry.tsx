import { Button } from '@mantine/core';
import type { ChatMessage, MessageStatus } from '@parley/shared-models';
import { memo } from 'react';
import { CopyButton } from '../../../components/copy-button.tsx';
import { IconPencil, IconRefresh } from '../../../components/icons.ts';
import { LongText } from '../../../components/long-text.tsx';
import { Markdown } from '../../../components/markdown.tsx';
import { useChatView } from '../chat-view.ts';
import { deliveryOf } from './delivery.ts';
import { DeliveryMark } from './delivery-mark.tsx';
import classes from './entry.module.css';
import { EntryAction, EntryTime, WhoColumn } from './entry-parts.tsx';
import { RoutingLine } from './routing-line.tsx';

interface Props {
  readonly message: ChatMessage;
  /** The status of a person's message. */
  readonly status: MessageStatus | undefined;
  readonly hasReply: boolean;
  readonly isMine: boolean;
  readonly isContinuation: boolean;
  readonly isSelected: boolean;
}

/** A message that the server has stored. */
export const MessageEntry = memo(function MessageEntry(props: Props) {
  const { message, isMine, isContinuation, isSelected } = props;
  const side = isMine
    ? 'own'
    : message.kind === 'ERROR'
      ? 'error'
      : message.kind === 'SYSTEM'
        ? 'system'
        : 'other';
  return (
    <article
      className={classes.entry}
      data-side={side}
      data-key={message.id}
      data-continuation={isContinuation || undefined}
      data-selected={isSelected || undefined}
      aria-label={`${message.sender.name}: ${message.text.slice(0, 80)}`}
    >
      <WhoColumn sender={message.sender} isMine={isMine} isHidden={isContinuation} />
      {side === 'own' ? <OwnText {...props} /> : <OthersText message={message} side={side} />}
    </article>
  );
});

/** The fallback for a message that cannot be rendered: its writer and its text. */
export function PlainEntry({ message: { id, sender, text } }: Pick<Props, 'message'>) {
  return (
    <article className={classes.entry} data-side="other" data-key={id} aria-label={sender.name}>
      <div className={classes.who}>{sender.name}</div>
      <div className={classes.body}>
        <p className={classes.plain}>
          <LongText text={text} />
        </p>
      </div>
    </article>
  );
}

function OwnText({ message, status, hasReply }: Props) {
  const view = useChatView();
  const delivery = deliveryOf(status, hasReply);
  return (
    <>
      <div className={classes.body}>
        <div className={classes.bubble}>
          <p className={classes.plain}>
            <LongText text={message.text} />
          </p>
        </div>
        {status?.routing === undefined ? null : <RoutingLine routing={status.routing} />}
      </div>
      <div className={classes.meta}>
        <div className={classes.timeAndActions}>
          <EntryTime iso={message.createdAt} />
          <div className={classes.actions}>
            <EntryAction label="Edit and send again" onClick={() => view.edit(message)}>
              <IconPencil size={14} />
            </EntryAction>
            <CopyButton text={message.text} label="Copy message" />
          </div>
        </div>
        <DeliveryMark delivery={delivery} onClick={() => view.showPath(message.id)} />
      </div>
    </>
  );
}

function OthersText({ message, side }: { message: ChatMessage; side: 'error' | 'system' | 'other' }) {
  return (
    <>
      <div className={classes.body}>
        {side === 'other' ? (
          <Markdown text={message.text} />
        ) : (
          <Notice message={message} isError={side === 'error'} />
        )}
      </div>
      <div className={classes.meta}>
        <div className={classes.timeAndActions}>
          <EntryTime iso={message.createdAt} />
          <div className={classes.actions}>
            <CopyButton text={message.text} label="Copy message" />
          </div>
        </div>
      </div>
    </>
  );
}

/** A notice of Parley itself: a failure or an event. */
function Notice({ message, isError }: { message: ChatMessage; isError: boolean }) {
  const view = useChatView();
  const isStop = message.metadata?.code === 'cancelled';
  return (
    <div className={classes.notice} data-error={(isError && !isStop) || undefined}>
      <p className={classes.plain}>
        <LongText text={message.text} />
      </p>
      {isError && message.inReplyTo !== undefined ? (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconRefresh size={13} />}
          onClick={() => view.sendAgain(message)}
        >
          {isStop ? 'Ask again' : 'Try again'}
        </Button>
      ) : null}
    </div>
  );
}
