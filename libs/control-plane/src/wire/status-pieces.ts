import type { AgentStatusUpdate, StatusPiece } from '../contracts/status.ts';

/** Stock gRPC clients refuse messages over 4 MiB; this leaves them, and the encoding, room. */
const PIECE_BYTES = 1024 * 1024;

/**
 * An update in pieces that each fit into one message, the last one without `hasMore`.
 * @param pieceBytes about how large a piece may become, measured as JSON; a single agent is never split
 */
export function splitUpdate(update: AgentStatusUpdate, pieceBytes: number = PIECE_BYTES): StatusPiece[] {
  const groups: AgentStatusUpdate['agents'][number][][] = [[]];
  let size = 0;
  for (const agent of update.agents) {
    const bytes = Buffer.byteLength(JSON.stringify(agent));
    if (size > 0 && size + bytes > pieceBytes) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(agent);
    size += bytes;
  }
  return groups.map((agents, index) => ({
    agents,
    isFull: update.isFull && index === 0,
    removed: index === 0 ? update.removed : [],
    hasMore: index < groups.length - 1,
    ...(update.loads === undefined || index > 0 ? {} : { loads: update.loads }),
    ...(update.revision === undefined ? {} : { revision: update.revision }),
  }));
}

/** Puts updates that came in pieces together again: the counterpart of `splitUpdate`. */
export async function* joinPieces(
  pieces: AsyncIterable<StatusPiece>,
): AsyncGenerator<AgentStatusUpdate, void, void> {
  let update: AgentStatusUpdate | undefined;
  for await (const { hasMore, ...piece } of pieces) {
    update =
      update === undefined
        ? piece
        : {
            ...update,
            ...piece,
            agents: [...update.agents, ...piece.agents],
            isFull: update.isFull,
            removed: [...update.removed, ...piece.removed],
          };
    if (hasMore) continue;
    yield update;
    update = undefined;
  }
}
