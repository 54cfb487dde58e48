import type { Prepare } from './statements.ts';

const PROBE_BYTES = 64 * 1024;
/** Whoever asks again within this time gets the same answer, so that asking does not keep the disk busy. */
const VALID_MS = 1000;

/** Finds out whether the file can be written to and can grow, by doing both. */
export function createRoomProbe(
  prepare: Prepare,
  write: (apply: () => void) => Promise<void>,
): () => Promise<void> {
  const fill = prepare.change('INSERT INTO room_probe (filling) VALUES (zeroblob(?))');
  const empty = prepare.change('DELETE FROM room_probe');
  let passedAt = Number.NEGATIVE_INFINITY;
  let probing: Promise<void> | undefined;

  const probe = async (): Promise<void> => {
    await write(() => {
      fill(PROBE_BYTES);
    });
    await write(() => {
      empty();
    });
    passedAt = performance.now();
  };

  return () => {
    if (performance.now() - passedAt < VALID_MS) return Promise.resolve();
    probing ??= probe().finally(() => {
      probing = undefined;
    });
    return probing;
  };
}
