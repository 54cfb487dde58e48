import { ParleyError } from '@parley/shared-models';
import type { TaskAccess } from './task-access.ts';

export function createTasks(): TaskAccess {
  const refuse = async (): Promise<never> => {
    throw new ParleyError('not_supported', 'This version has no tasks yet.');
  };
  return { start: refuse, refine: refuse, latest: refuse, list: refuse, cancel: refuse };
}
