import type { TaskDetail } from '@parley/shared-models';
import { useCallback, useEffect } from 'react';
import { type Polled, usePolled } from '../../components/use-polled.ts';
import { useIsConnected, useSession, useSessionState } from '../../session/use-session.ts';

/** For who may not follow the conversation, and for what a lost frame would have told. */
const POLL_MS = 5000;

/** A task with what its steps gave, read again with every change that is told. */
export function useTask(id: string): Polled<TaskDetail> {
  const session = useSession();
  const polled = usePolled(
    useCallback(
      async (signal: AbortSignal) => {
        const task = await session.http.task(id, { signal });
        session.noteTasks([task]);
        return task;
      },
      [session, id],
    ),
    POLL_MS,
  );
  const { data, reload } = polled;
  const version = useSessionState(({ tasks }) => tasks[id]?.version);
  const isConnected = useIsConnected();
  const isBehind = version !== undefined && data !== undefined && version > data.version;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each further version is a reason of its own
  useEffect(() => {
    if (isBehind && isConnected) reload();
  }, [isBehind, version, isConnected, reload]);
  return polled;
}
