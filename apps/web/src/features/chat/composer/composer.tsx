import { ActionIcon, CloseButton } from '@mantine/core';
import { type KeyboardEvent, type RefObject, useEffect, useId, useMemo, useState } from 'react';
import { flushSync } from 'react-dom';
import { IconArrowUp, IconPencil } from '../../../components/icons.ts';
import { lengthProblem } from '../../../components/message-length.ts';
import { useAgents, useAppState } from '../../../model/use-app-model.ts';
import classes from './composer.module.css';
import { ComposerHint } from './composer-hint.tsx';
import { findMentions, insertMention, matchNames, mentionQueryAt } from './mention.ts';
import { MentionList } from './mention-list.tsx';

interface Props {
  readonly conversationId: string | undefined;
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** @param agentName the first agent that the text names, if any */
  readonly onSend: (text: string, agentName: string | undefined) => void;
  readonly onEscape: () => void;
  readonly isEditing: boolean;
  readonly onEndEditing: () => void;
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
}

const MOST_NAMES = 6;

export function Composer({
  conversationId,
  text,
  onChange,
  onSend,
  onEscape,
  isEditing,
  onEndEditing,
  inputRef,
}: Props) {
  const agents = useAgents();
  const agentSession = useAppState(({ agentSessions }) =>
    conversationId === undefined ? undefined : agentSessions.get(conversationId),
  );
  const listId = useId();
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(0);
  const [dismissedAt, setDismissedAt] = useState<number>();

  const names = useMemo(() => [...new Set(agents.map(({ agentName }) => agentName))], [agents]);
  const mentioned = useMemo(() => findMentions(text, names)[0]?.name, [text, names]);
  const query = mentionQueryAt(text, caret);
  const isWanted = query !== undefined && query.start !== dismissedAt;
  const matches = isWanted ? matchNames(names, query.query).slice(0, MOST_NAMES) : [];
  const isListOpen = matches.length > 0;
  const activeName = matches[Math.min(active, matches.length - 1)];
  const target = agents.find(({ agentName, agentId }) =>
    mentioned === undefined ? agentId === agentSession?.agentId : agentName === mentioned,
  );

  const isSendable = text.trim() !== '' && lengthProblem(text) === undefined;

  // A text that was set from outside (a suggestion, an edit) puts the caret at its end.
  useEffect(() => setCaret((known) => Math.min(known, text.length)), [text]);

  function pick(name: string): void {
    if (query === undefined) return;
    const next = insertMention(text, query, name);
    // Synchronously: characters typed before the next frame belong after the name.
    flushSync(() => {
      onChange(next.text);
      setActive(0);
      setCaret(next.caret);
    });
    inputRef.current?.focus();
    inputRef.current?.setSelectionRange(next.caret, next.caret);
  }

  function send(): void {
    if (!isSendable) return;
    onSend(text.trim(), mentioned);
  }

  function onListKey(event: KeyboardEvent): boolean {
    if (!isListOpen) return false;
    if (event.key === 'ArrowDown') setActive((active + 1) % matches.length);
    else if (event.key === 'ArrowUp') setActive((active - 1 + matches.length) % matches.length);
    else if ((event.key === 'Enter' || event.key === 'Tab') && activeName !== undefined) pick(activeName);
    else if (event.key === 'Escape') setDismissedAt(query?.start);
    else return false;
    event.preventDefault();
    return true;
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (onListKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape') {
      onEscape();
    }
  }

  return (
    <div className={classes.composer}>
      {isEditing ? (
        <p className={classes.editing}>
          <IconPencil size={14} aria-hidden="true" />
          The changed text is sent as a new message.
          <CloseButton
            size={24}
            iconSize={14}
            aria-label="Leave the message as it was"
            onClick={onEndEditing}
          />
        </p>
      ) : null}
      <div className={classes.box}>
        {isListOpen ? (
          <MentionList id={listId} names={matches} active={activeName} agents={agents} onPick={pick} />
        ) : null}
        <div className={classes.grow} data-text={`${text} `}>
          <textarea
            ref={inputRef}
            rows={1}
            value={text}
            placeholder="@agent or just ask …"
            aria-label="Message"
            aria-autocomplete="list"
            aria-controls={isListOpen ? listId : undefined}
            aria-activedescendant={
              isListOpen && activeName !== undefined
                ? `${listId} ${activeName}`.replaceAll(' ', '-')
                : undefined
            }
            onChange={(event) => {
              onChange(event.currentTarget.value);
              setCaret(event.currentTarget.selectionStart);
              setActive(0);
              if (!event.currentTarget.value.includes('@')) setDismissedAt(undefined);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={onKeyDown}
          />
        </div>
        <ActionIcon
          className={classes.send ?? ''}
          variant="filled"
          color="petrol"
          size={32}
          radius="md"
          aria-label="Send"
          aria-disabled={!isSendable}
          onClick={send}
        >
          <IconArrowUp size={18} stroke={2} />
        </ActionIcon>
      </div>
      <ComposerHint text={text} names={names} target={target} isMentioning={isListOpen} />
    </div>
  );
}
