import type { AgentStatusUpdate, StatusPiece } from '../contracts/status.ts';

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
