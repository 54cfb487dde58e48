import type { Prepare } from '@parley/sqlite';

const PROBE_BYTES = 64 * 1024;

/** Finds out whether the file can be written to and can grow, by doing both. */
export function createRoomProbe(
  prepare: Prepare,
  write: (apply: () => void) => Promise<void>,
): () => Promise<void> {
  const fill = prepare.change('INSERT INTO room_probe (filling) VALUES (zeroblob(?))');
  const empty = prepare.change('DELETE FROM room_probe');
  return async () => {
    await write(() => {
      fill(PROBE_BYTES);
    });
    await write(() => {
      empty();
    });
  };
}
