import { Button } from '@mantine/core';
import type { TaskDetail } from '@parley/shared-models';
import { type FormEvent, useState } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { Markdown } from '../../components/markdown.tsx';
import { lengthProblem } from '../../components/message-length.ts';
import { PageSection } from '../../components/page.tsx';
import { useAppModel } from '../../model/use-app-model.ts';
import classes from './task-page.module.css';

/** The newest report, the earlier ones, and a field to request a refinement. */
export function TaskReport({ task }: { task: TaskDetail }) {
  const reported = task.rounds.filter(({ report }) => report !== undefined).toReversed();
  const [newest, ...earlier] = reported;
  if (newest?.report === undefined) return null;
  return (
    <PageSection title="Report" note={<CopyButton text={newest.report.text} label="Copy the report" />}>
      <article className={classes.report} aria-label="Report">
        <Markdown text={newest.report.text} />
      </article>
      {task.state === 'REFINEMENT_READY' ? <Refine task={task} /> : null}
      {earlier.map(({ round, text, report }) => (
        <details key={round} className={classes.earlier}>
          <summary>Earlier: {text}</summary>
          <Markdown text={report?.text ?? ''} />
        </details>
      ))}
    </PageSection>
  );
}

function Refine({ task }: { task: TaskDetail }) {
  const model = useAppModel();
  const [wish, setWish] = useState('');
  const problem = lengthProblem(wish);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (wish.trim() === '' || problem !== undefined) return;
    model.send({
      text: wish.trim(),
      conversationId: task.conversationId,
      // The group that drives the task; without a target, a word of the text could route it to another agent.
      ...(task.group === undefined ? {} : { target: { group: task.group } }),
    });
    setWish('');
  };
  return (
    <form className={classes.refine} onSubmit={send}>
      <input
        className={classes.wish}
        aria-label="Refine the report"
        placeholder="Refine it: rewrite the summary to focus only on …"
        value={wish}
        onChange={(event) => setWish(event.currentTarget.value)}
      />
      <Button type="submit" disabled={wish.trim() === '' || problem !== undefined}>
        Refine
      </Button>
      {problem === undefined ? null : <p role="alert">{problem}</p>}
    </form>
  );
}
