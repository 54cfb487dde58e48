import type { TaskState as State } from '@parley/shared-models';
import classes from './task-state.module.css';
import { taskStateText } from './task-words.ts';

/** The state of a task: a sign with a shape of its own, and a word. */
export function TaskState({ state }: { state: State }) {
  return (
    <span className={classes.state} data-state={state}>
      {taskStateText(state)}
    </span>
  );
}
