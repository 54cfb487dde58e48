/** Frames for tests: of each type ones that are right, and changes that make them wrong at a path. */
export interface FrameExamples<T> {
  readonly valid: readonly T[];
  /** What to put into the first valid one, and the path that the error then names. `undefined` leaves a field out. */
  readonly invalid: readonly (readonly [change: Readonly<Record<string, unknown>>, path: string])[];
}

export const ID = '019c1234-5678-7abc-8def-0123456789ab';
export const OTHER_ID = '019c1234-5678-7abc-8def-0123456789ac';
export const AT = '2026-01-31T09:30:00.000Z';
