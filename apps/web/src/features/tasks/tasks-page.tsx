import { Switch } from '@mantine/core';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { agoText, fullTime } from '../../components/format-time.ts';
import { EmptyList, FailedList, LoadingList } from '../../components/list-state.tsx';
import { Page, PageSection } from '../../components/page.tsx';
import { TaskState } from '../../components/task-state.tsx';
import { stepsText } from '../../components/task-words.ts';
import { useNow } from '../../components/use-now.ts';
import { usePolled } from '../../components/use-polled.ts';
import { newestFirst, withTasks } from '../../model/task-list.ts';
import { useAppModel, useAppState, useHasRole } from '../../model/use-app-model.ts';
import { Orders } from './orders/orders.tsx';
import classes from './rows.module.css';

/** The long tasks and the orders. */
export function TasksPage() {
  return (
    <Page title="Tasks">
      <TaskList />
      {useHasRole('member') ? <Orders /> : null}
    </Page>
  );
}

const POLL_MS = 5000;

/** The long tasks, the newest first. */
function TaskList() {
  const model = useAppModel();
  const maySeeAll = useHasRole('operator');
  const [all, setAll] = useState(false);
  const { data, failure, reload } = usePolled(
    useCallback(
      async (signal: AbortSignal) => (await model.http.tasks({ signal, all: `${all}` })).tasks,
      [model, all],
    ),
    POLL_MS,
  );
  useEffect(() => {
    if (data !== undefined) model.noteTasks(data);
  }, [model, data]);
  const live = useAppState(({ tasks }) => tasks);
  const tasks = useMemo(() => {
    if (data === undefined) return undefined;
    const listed = new Set(data.map(({ id }) => id));
    const newer = Object.values(live).filter(({ id }) => listed.has(id));
    return newestFirst(withTasks(withTasks({}, data), newer));
  }, [data, live]);
  const now = useNow(5000);

  return (
    <PageSection
      title="Long tasks"
      note={
        maySeeAll ? (
          <Switch
            size="xs"
            label="Everybody’s"
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
        ) : undefined
      }
    >
      {tasks === undefined && failure === undefined ? (
        <LoadingList label="Loading the tasks" rows={3} />
      ) : null}
      {failure === undefined ? null : (
        <FailedList title="The tasks could not be read" reason={failure} onRetry={reload} />
      )}
      {tasks?.length === 0 ? (
        <EmptyList title="No tasks yet">
          <Link href="/">Write</Link> “Analyze the stock performance of Apple, Google, and Tesla over the last
          month and summarize the key findings”, and watch it being done here.
        </EmptyList>
      ) : null}
      {tasks === undefined || tasks.length === 0 ? null : (
        <ul className={classes.list} aria-label="Long tasks">
          {tasks.map((task) => (
            <li key={task.id}>
              <Link className={classes.row} href={`/tasks/${task.id}`}>
                <span className={classes.state}>
                  <TaskState state={task.state} />
                </span>
                <span className={classes.title}>{task.title === '' ? 'Untitled task' : task.title}</span>
                <span className={classes.about}>
                  {stepsText(task)}
                  {task.createdAt === undefined ? null : (
                    <time dateTime={task.createdAt} title={fullTime(task.createdAt)}>
                      {' · '}
                      {agoText(task.createdAt, now)}
                    </time>
                  )}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </PageSection>
  );
}
