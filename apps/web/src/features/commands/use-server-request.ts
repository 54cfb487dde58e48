import { useCallback, useState } from 'react';
import { describeFailure } from '../../model/failures.ts';

export interface ServerRequest {
  readonly isPending: boolean;
  /** Why the last one could not be done. */
  readonly problem: string | undefined;
  readonly run: (act: () => Promise<unknown>) => void;
}

/** Something that is asked of the server: one at a time, and why it failed. */
export function useServerRequest(): ServerRequest {
  const [isPending, setIsPending] = useState(false);
  const [problem, setProblem] = useState<string>();
  const run = useCallback((act: () => Promise<unknown>) => {
    setIsPending(true);
    setProblem(undefined);
    act()
      .catch((error: unknown) => setProblem(describeFailure(error)))
      .finally(() => setIsPending(false));
  }, []);
  return { isPending, problem, run };
}
