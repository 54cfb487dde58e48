/** `FC_RUNS`, where it is set. */
export const everyRun: number | undefined;
/** How many runs a property test has that has `usual` ones otherwise. */
export function runs(usual: number): number;
