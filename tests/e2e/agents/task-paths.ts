import path from 'node:path';

/** Where the agents of a test meet its other processes: a folder that all of them know. */
const folder = (): string => path.join(process.env.TASK_DIR ?? '', 'tasks');

/** Made by a step that has come to this point. */
export const reached = (run: string, point: string, dir = folder()): string =>
  path.join(dir, `${run} reached ${point}`);
/** While it is not there, a step that is to be held waits here. */
export const gate = (run: string, point: string, dir = folder()): string =>
  path.join(dir, `${run} gate ${point}`);
/** A line for each effect of a step: its id and its key. */
export const effects = (run: string, dir = folder()): string => path.join(dir, `${run} effects`);
/** A line for each time that an agent began a step. */
export const begun = (run: string, dir = folder()): string => path.join(dir, `${run} begun`);
