/**
 * How often property tests try: `FC_RUNS` for each of them, where it is set. `jest.config.mjs` sets it for those that do
 * not say a number themselves.
 */
export const everyRun = process.env.FC_RUNS === undefined ? undefined : Number(process.env.FC_RUNS);
if (everyRun !== undefined && !(Number.isSafeInteger(everyRun) && everyRun > 0))
  throw new Error(`FC_RUNS must be a whole number of runs, not ${JSON.stringify(process.env.FC_RUNS)}`);

/**
 * @param {number} usual in the usual run of the tests
 * @returns {number} how many runs this property test has
 */
export function runs(usual) {
  return everyRun ?? usual;
}
