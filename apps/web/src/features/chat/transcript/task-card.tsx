import type { ChatMessage, Task } from '@parley/shared-models';
import { Link } from 'wouter';
import { IconChevronRight } from '../../../components/icons.ts';
import { TaskState } from '../../../components/task-state.tsx';
import { stepsText } from '../../../components/task-words.ts';
import classes from './task-card.module.css';

/** A task that began in this conversation: its state, and a link to it. */
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

/** The tasks that began after a message and before the next one, by message: they are shown after that message. */
export function taskPlaces(
  messages: readonly ChatMessage[],
  tasks: readonly Task[],
): ReadonlyMap<string, readonly Task[]> {
  const placed = tasks.flatMap((task) => {
    const began = Date.parse(task.createdAt ?? '');
    // The message that requested the task is older; both times are from the server's clock.
    const before = messages.findLast(({ createdAt }) => Date.parse(createdAt) <= began);
    return before === undefined ? [] : [{ messageId: before.id, task }];
  });
  return new Map(
    [...Map.groupBy(placed, ({ messageId }) => messageId)].map(([id, each]) => [
      id,
      each.map(({ task }) => task),
    ]),
  );
}
