import type { ChannelName, PublishedEvent } from '@parley/shared-models';
import { Link } from 'wouter';
import { Details } from './details.tsx';
import classes from './event-entry.module.css';
import { clockTime, fullTime } from './format-time.ts';
import { IconChevronRight } from './icons.ts';
import { payloadText } from './json-text.ts';
import { MessageContents } from './message-contents.tsx';

interface Props {
  readonly channel: ChannelName;
  readonly event: PublishedEvent;
  /** Shown instead of the time of day: the time since the event before. */
  readonly after?: string;
  /** Whether to link to all events with the same correlation id. */
  readonly isLinked?: boolean;
}

/** An event of a channel in one line; opened, with all its fields. */
export function EventEntry({ channel, event, after, isLinked = false }: Props) {
  const { type, payload, source, at } = event;
  return (
    <Details
      className={classes.event}
      summary={
        <summary className={classes.line}>
          <IconChevronRight className={classes.chevron} size={14} aria-hidden="true" />
          <time className={classes.time} dateTime={at} title={fullTime(at)}>
            {after ?? clockTime(at)}
          </time>
          <span className={classes.type}>{type}</span>
          <span className={classes.from}>
            {source.name} on <span className={classes.channel}>{channel}</span>
          </span>
          <span className={classes.payload}>{payloadText(payload)}</span>
        </summary>
      }
    >
      {() => (
        <div className={classes.details}>
          <MessageContents name="payload" text={JSON.stringify(payload, undefined, 2)}>
            <dt>event id</dt>
            <dd>{event.id}</dd>
            {event.causationId === undefined ? null : (
              <>
                <dt>brought about by</dt>
                <dd>{event.causationId}</dd>
              </>
            )}
            {event.correlationId === undefined ? null : (
              <>
                <dt>began with</dt>
                <dd>
                  {isLinked ? (
                    <Link href={`/events/${event.correlationId}`}>{event.correlationId}</Link>
                  ) : (
                    event.correlationId
                  )}
                </dd>
              </>
            )}
          </MessageContents>
        </div>
      )}
    </Details>
  );
}
