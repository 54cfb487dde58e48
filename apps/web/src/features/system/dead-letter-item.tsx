import { Button, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { DeadLetter } from '@parley/shared-models';
import { Fragment, useId, useState } from 'react';
import { Link } from 'wouter';
import { agoText, fullTime } from '../../components/format-time.ts';
import { IconChevronRight, IconRefresh, IconTrash } from '../../components/icons.ts';
import { indentedJson } from '../../components/json-text.ts';
import { MessageContents } from '../../components/message-contents.tsx';
import { useNow } from '../../components/use-now.ts';
import classes from './system-page.module.css';

interface Props {
  readonly letter: DeadLetter;
  readonly onReplay: () => void;
  readonly onDiscard: () => void;
}

export function DeadLetterItem({ letter, onReplay, onDiscard }: Props) {
  const [isOpen, { toggle }] = useDisclosure(false);
  // Discarding cannot be undone, so it takes two clicks.
  const [isSure, setIsSure] = useState(false);
  const panelId = useId();
  const now = useNow(10_000);
  return (
    <li className={classes.letter}>
      <div className={classes.letterHead}>
        <UnstyledButton
          className={classes.opener}
          aria-expanded={isOpen}
          aria-controls={panelId}
          onClick={toggle}
        >
          <IconChevronRight className={classes.chevron} size={14} aria-hidden="true" />
          <span className={classes.reason}>{letter.reason}</span>
          <span className={classes.explanation}>{letter.message}</span>
        </UnstyledButton>
        <span className={classes.origin}>
          <code>{letter.queue}</code>
          <time dateTime={letter.diedAt} title={fullTime(letter.diedAt)}>
            {agoText(letter.diedAt, now)}
          </time>
        </span>
        <span className={classes.letterActions}>
          <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={onReplay}>
            Replay
          </Button>
          <Button
            variant={isSure ? 'filled' : 'subtle'}
            color={isSure ? 'red' : 'gray'}
            leftSection={<IconTrash size={14} />}
            onBlur={() => setIsSure(false)}
            onClick={() => (isSure ? onDiscard() : setIsSure(true))}
          >
            {isSure ? 'Discard for good' : 'Discard'}
          </Button>
        </span>
      </div>
      <div id={panelId} hidden={!isOpen}>
        {isOpen ? <Contents letter={letter} /> : null}
      </div>
    </li>
  );
}

function Contents({ letter }: { letter: DeadLetter }) {
  return (
    <div className={classes.contents}>
      <MessageContents
        name="body"
        note={letter.isBase64 ? ', not UTF-8, shown as base64' : ''}
        text={letter.body}
        shown={letter.isBase64 ? letter.body : indentedJson(letter.body)}
      >
        <dt>type</dt>
        <dd>{letter.type}</dd>
        <dt>message id</dt>
        <dd>{letter.messageId}</dd>
        {letter.conversationId === undefined ? null : (
          <>
            <dt>conversation</dt>
            <dd>
              <Link href={`/c/${letter.conversationId}`}>{letter.conversationId}</Link>
            </dd>
          </>
        )}
        {Object.entries(letter.headers)
          .filter(([name]) => name !== 'conversation')
          .map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </Fragment>
          ))}
      </MessageContents>
    </div>
  );
}
