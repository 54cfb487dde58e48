import { useNow } from '../../components/use-now.ts';
import { useAppState } from '../../model/use-app-model.ts';

/** The server's time in milliseconds, updated often while a step runs. */
export function useServerNow(isRunning: boolean): number {
  const offset = useAppState(({ clockOffsetMs }) => clockOffsetMs);
  return useNow(isRunning ? 500 : 30_000) + offset;
}

/** Milliseconds from `startedAt` to `endedAt`, or to `now`; undefined before the start. */
export function elapsed(
  startedAt: string | undefined,
  endedAt: string | undefined,
  now: number,
): number | undefined {
  if (startedAt === undefined) return undefined;
  return Math.max(0, (endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}
