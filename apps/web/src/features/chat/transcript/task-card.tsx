import type { Task } from '@parley/shared-models';
import { Link } from 'wouter';
import { IconChevronRight } from '../../../components/icons.ts';
import { TaskState } from '../../../components/task-state.tsx';
import { stepsText } from '../../../components/task-words.ts';
import classes from './task-card.module.css';

/** A task that began in this conversation: how it stands, and the way to it. */
export function TaskCard({ task }: { task: Task }) {
  const running = task.plan.filter(({ state }) => state === 'running').map(({ title }) => title);
  return (
    <Link className={classes.card} href={`/tasks/${task.id}`} aria-label={`Task: ${task.title}`}>
      <span className={classes.title}>{task.title === '' ? 'Task' : task.title}</span>
      <span className={classes.facts}>
        <TaskState state={task.state} />
        <span>{stepsText(task)}</span>
        {running.length === 0 ? null : <span className={classes.running}>{running.join(', ')}</span>}
      </span>
      <IconChevronRight className={classes.arrow} size={16} aria-hidden="true" />
    </Link>
  );
}
