import { useCallback, useState } from 'react';
import { describeFailure } from '../../session/failures.ts';

export interface Deed {
  readonly isUnderWay: boolean;
  /** Why the last one could not be done. */
  readonly problem: string | undefined;
  readonly run: (act: () => Promise<unknown>) => void;
}

/** Something that is asked of the server: one at a time, and why it failed. */
export function useDeed(): Deed {
  const [isUnderWay, setIsUnderWay] = useState(false);
  const [problem, setProblem] = useState<string>();
  const run = useCallback((act: () => Promise<unknown>) => {
    setIsUnderWay(true);
    setProblem(undefined);
    act()
      .catch((error: unknown) => setProblem(describeFailure(error)))
      .finally(() => setIsUnderWay(false));
  }, []);
  return { isUnderWay, problem, run };
}
