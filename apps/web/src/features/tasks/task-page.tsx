import { Button } from '@mantine/core';
import type { TaskDetail } from '@parley/shared-models';
import { useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { durationText } from '../../components/format-time.ts';
import { IconPlayerStop } from '../../components/icons.ts';
import { FailedList, LoadingList } from '../../components/list-state.tsx';
import { PageSection } from '../../components/page.tsx';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { TaskState } from '../../components/task-state.tsx';
import { stepsText } from '../../components/task-words.ts';
import { type Polled, usePolled } from '../../components/use-polled.ts';
import { describeFailure } from '../../model/failures.ts';
import { isOver } from '../../model/task-list.ts';
import { useAppModel, useAppState, useIsConnected } from '../../model/use-app-model.ts';
import { PlanView } from './plan-view.tsx';
import { elapsed, useServerNow } from './step-time.ts';
import { TaskChat } from './task-chat.tsx';
import classes from './task-page.module.css';
import { TaskReport } from './task-report.tsx';

/** One task: its plan, its report, and its conversation. Its `key` must be the id. */
export function TaskPage({ id }: { id: string }) {
  const { data: task, failure, reload } = useTask(id);
  return (
    <div className={classes.columns}>
      <ScrollRegion element="main" className={classes.main} id="main" aria-labelledby="page-title">
        <p className={classes.back}>
          <Link href="/tasks">All tasks</Link>
        </p>
        {task === undefined ? <h1 id="page-title">Task</h1> : <Head task={task} />}
        {task === undefined && failure === undefined ? (
          <LoadingList label="Loading the task" rows={6} />
        ) : null}
        {failure === undefined ? null : (
          <FailedList title="The task could not be read" reason={failure} onRetry={reload} />
        )}
        {task === undefined ? null : (
          <>
            {task.error === undefined ? null : (
              <p className={classes.error} role="alert">
                {task.error.message}
              </p>
            )}
            <TaskReport task={task} />
            <PageSection title="Steps">
              <PlanView task={task} />
            </PageSection>
          </>
        )}
      </ScrollRegion>
      {task === undefined ? null : <TaskChat task={task} />}
    </div>
  );
}

function Head({ task }: { task: TaskDetail }) {
  const model = useAppModel();
  const [problem, setProblem] = useState<string>();
  const now = useServerNow(!isOver(task));
  const took = elapsed(task.createdAt, isOver(task) ? task.updatedAt : undefined, now);
  const cancel = () => {
    setProblem(undefined);
    model.http.cancelTask(task.id).then(
      (next) => model.noteTasks([next]),
      (error: unknown) => setProblem(describeFailure(error)),
    );
  };
  return (
    <header className={classes.head}>
      <h1 id="page-title">{task.title === '' ? 'Untitled task' : task.title}</h1>
      <p className={classes.facts} role="status">
        <TaskState state={task.state} />
        <span>{stepsText(task)}</span>
        {took === undefined || task.round > 1 ? null : <span>{durationText(took)}</span>}
      </p>
      {isOver(task) ? null : (
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconPlayerStop size={14} />}
          onClick={cancel}
        >
          Cancel
        </Button>
      )}
      {problem === undefined ? null : (
        <p className={classes.error} role="alert">
          {problem}
        </p>
      )}
    </header>
  );
}

/** For persons who may not follow the conversation, and for lost frames. */
const POLL_MS = 5000;

/** A task with the results of its steps, loaded again after every change that the server reports. */
function useTask(id: string): Polled<TaskDetail> {
  const model = useAppModel();
  const polled = usePolled(
    useCallback(
      async (signal: AbortSignal) => {
        const task = await model.http.task(id, { signal });
        model.noteTasks([task]);
        return task;
      },
      [model, id],
    ),
    POLL_MS,
  );
  const { data, reload } = polled;
  const version = useAppState(({ tasks }) => tasks[id]?.version);
  const isConnected = useIsConnected();
  const isBehind = version !== undefined && data !== undefined && version > data.version;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each further version is a reason of its own
  useEffect(() => {
    if (isBehind && isConnected) reload();
  }, [isBehind, version, isConnected, reload]);
  return polled;
}
