import { LIMITS } from '@parley/shared-models';
import type { TaskDocument } from './task-document.ts';

/** Kept for the end: why a task failed or was cancelled must find room, in bytes of JSON. */
const RESERVE_BYTES = 32 * 1024;

/**
 * Whether the task is small enough to go on. A change that only ends it, or ticks off a written message, is stored all
 * the same.
 */
export function hasRoom(task: TaskDocument): boolean {
  return Buffer.byteLength(JSON.stringify(task)) <= LIMITS.taskBytes - RESERVE_BYTES;
}
