import { useCallback, useState } from 'react';
import { describeFailure } from '../../model/failures.ts';

export interface ServerRequest {
  readonly isPending: boolean;
  /** The reason why the last request failed. */
  readonly problem: string | undefined;
  readonly run: (act: () => Promise<unknown>) => void;
}

/** Runs one request to the server at a time, and keeps its failure. */
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
