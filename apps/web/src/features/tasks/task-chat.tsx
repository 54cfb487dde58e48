import { ActionIcon, Button } from '@mantine/core';
import type { TaskDetail } from '@parley/shared-models';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { IconArrowUp } from '../../components/icons.ts';
import { FailedList, LoadingList } from '../../components/list-state.tsx';
import { LongText } from '../../components/long-text.tsx';
import { Markdown } from '../../components/markdown.tsx';
import { lengthProblem } from '../../components/message-length.ts';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { draftsIn } from '../../model/drafts.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './task-chat.module.css';

const STATUS_QUESTION = 'What is the current status?';

/** The conversation of the task: questions while it runs, refinements when it is done. */
export function TaskChat({ task }: { task: TaskDetail }) {
  const { conversationId } = task;
  const model = useAppModel();
  const thread = useAppState(({ threads }) => threads[conversationId]);
  const outbox = useAppState((state) => state.outbox);
  const drafts = useAppState((state) => state.drafts);
  const refused = useAppState((state) => state.refused);
  const scrollerRef = useRef<HTMLElement>(null);
  const [text, setText] = useState('');
  useEffect(() => model.openConversation(conversationId), [model, conversationId]);

  const messages = thread?.messages ?? [];
  const waiting = outbox.filter((item) => item.conversationId === conversationId);
  const growing = draftsIn(drafts, conversationId, thread?.statuses);
  const failed = refused.filter(({ item }) => item.conversationId === conversationId);
  const reports = new Set(task.rounds.map(({ reportMessageId }) => reportMessageId));
  const count = messages.length + waiting.length + growing.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls to new messages at the end
  useEffect(() => {
    // Only this element scrolls, not the page around it.
    const scroller = scrollerRef.current;
    if (scroller !== null) scroller.scrollTop = scroller.scrollHeight;
  }, [count]);

  const send = (written: string): void => void model.send({ text: written.trim(), conversationId });
  const problem = lengthProblem(text);
  const sendWritten = (): void => {
    if (text.trim() === '' || problem !== undefined) return;
    send(text);
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    sendWritten();
  };

  return (
    <aside className={classes.chat} aria-label="Conversation about the task">
      <div className={classes.head}>
        <h2>Conversation</h2>
        <Link href={`/c/${conversationId}`}>Open in Chat</Link>
      </div>
      <ScrollRegion ref={scrollerRef} className={classes.messages} label="Messages">
        {thread?.loading.phase === 'loading' ? (
          <LoadingList label="Loading the conversation" rows={3} />
        ) : null}
        {thread?.loading.phase === 'failed' ? (
          <FailedList
            title="The conversation could not be loaded"
            reason={thread.loading.reason}
            onRetry={() => model.reloadConversation(conversationId)}
          />
        ) : null}
        {messages.map((message) => (
          <article
            key={message.id}
            className={classes.message}
            data-kind={message.kind}
            aria-label={`${message.sender.name}: ${message.text.slice(0, 80)}`}
          >
            <p className={classes.who}>{message.sender.name}</p>
            {reports.has(message.id) ? (
              <p className={classes.plain}>The report, as it stands beside this.</p>
            ) : message.kind === 'REPLY' ? (
              <Markdown text={message.text} />
            ) : (
              <p className={classes.plain}>
                <LongText text={message.text} />
              </p>
            )}
          </article>
        ))}
        {growing.map(({ messageId, text: written }) => (
          <article key={messageId} className={classes.message} aria-label="Being written">
            <Markdown text={written} isGrowing />
          </article>
        ))}
        {waiting.map((item) => (
          <p key={item.id} className={classes.waiting}>
            <LongText text={item.text} />
          </p>
        ))}
        {failed.map(({ item, error }) => (
          <p key={item.id} className={classes.failed} role="alert">
            “{item.text}” was not taken: {error.message}{' '}
            <Button size="compact-xs" variant="default" onClick={() => model.resend(item.id)}>
              Try again
            </Button>
          </p>
        ))}
      </ScrollRegion>
      <div className={classes.composer}>
        {task.state === 'EXECUTING' || task.state === 'PLANNING' || task.state === 'AGGREGATING' ? (
          <Button size="compact-sm" variant="default" onClick={() => send(STATUS_QUESTION)}>
            {STATUS_QUESTION}
          </Button>
        ) : null}
        {problem === undefined ? null : (
          <p className={classes.failed} role="alert">
            {problem}
          </p>
        )}
        <div className={classes.box}>
          <textarea
            rows={2}
            value={text}
            aria-label="Message about the task"
            placeholder="Ask about it, or refine it …"
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          <ActionIcon
            variant="filled"
            color="petrol"
            size={30}
            aria-label="Send"
            aria-disabled={text.trim() === '' || problem !== undefined}
            onClick={sendWritten}
          >
            <IconArrowUp size={17} />
          </ActionIcon>
        </div>
      </div>
    </aside>
  );
}
