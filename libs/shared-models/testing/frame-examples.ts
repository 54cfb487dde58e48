/** Of each type of frame ones that are right, and changes that make them wrong at a path. The first one stands in `docs/protocol.md`. */
export interface FrameExamples<T> {
  readonly valid: readonly T[];
  /** Values for the first valid one, and the path that the error then names. `undefined` leaves a field out. */
  readonly invalid: readonly (readonly [change: Readonly<Record<string, unknown>>, path: string])[];
}

export const ID = '019c1234-5678-7abc-8def-0123456789ab';
export const OTHER_ID = '019c1234-5678-7abc-8def-0123456789ac';
export const AT = '2026-01-31T09:30:00.000Z';
export const CONVERSATION_ID = '019aa0d4-6a00-7000-8000-00000000c0de';
export const MESSAGE_ID = '019aa0d4-6a10-7000-8000-000000000001';
export const REPLY_ID = '019aa0d4-6a10-7c3d-9f1e-5a7b8c9d0e1f';
export const COMMAND_ID = '019aa0d4-6b00-7000-8000-000000000002';
export const TASK_ID = '019aa0d4-6c00-7000-8000-000000000003';
