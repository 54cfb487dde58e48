import type { Logger } from '@parley/process-kit';
import type { CommandPiece, ServerFrame } from '@parley/shared-models';
import type { CommandStore } from '@parley/store';
import type { Reader } from '../websocket/client-socket.ts';

/** One reader's place in the output of one command. */
export interface CommandFollower {
  /** A piece was stored; sent at once when it is the next one, otherwise fetched in order. */
  onStored(seq: number, frame: string): void;
  /**
   * A state to tell after all output that came before it; no state follows a final one.
   * @param hasAll whether all output before it was announced by `onStored`; otherwise it is fetched first
   */
  onStatus(frame: string, options: { readonly isFinal: boolean; readonly hasAll: boolean }): void;
  /** Fetches from the store the pieces that the reader has not seen. */
  catchUp(): void;
  stop(): void;
}

/** So much is sent before the reader is waited for: a long output must not look like a slow reader. */
const PAGE_BYTES = 128 * 1024;
const RETRY_MS = 1000;

export function outputFrame(id: string, { stream, seq, data }: CommandPiece): string {
  return JSON.stringify({ type: 'command.output', id, stream, seq, data } satisfies ServerFrame);
}

/**
 * Sends each piece once and in order: after any other piece than the next one it reads from the store, which has them
 * all.
 */
export function createCommandFollower(options: {
  reader: Reader;
  commandId: string;
  afterSeq: number;
  commands: Pick<CommandStore, 'listOutput'>;
  logger: Logger;
}): CommandFollower {
  const { reader, commandId, commands, logger } = options;
  let sentSeq = options.afterSeq;
  let status: string | undefined;
  let isCatchingUp = false;
  let hasCaughtUp = false;
  let isDirty = false;
  let hasEnded = false;
  let isStopped = false;
  let retry: NodeJS.Timeout | undefined;

  const fetchMissing = async (): Promise<void> => {
    do {
      isDirty = false;
      for (let hasMore = true; hasMore && !isStopped; ) {
        const page = await commands.listOutput(commandId, { afterSeq: sentSeq, limitBytes: PAGE_BYTES });
        for (const piece of page.pieces) {
          if (isStopped) return;
          sentSeq = piece.seq;
          reader.send(outputFrame(commandId, piece));
        }
        hasMore = page.hasMore;
        if (hasMore) await reader.flushed();
      }
    } while (isDirty && !isStopped);
    hasCaughtUp = true;
    if (status !== undefined && !isStopped) reader.send(status);
    status = undefined;
  };

  const catchUp = (): void => {
    if (isStopped) return;
    if (isCatchingUp) {
      isDirty = true;
      return;
    }
    isCatchingUp = true;
    clearTimeout(retry);
    fetchMissing().then(
      () => {
        isCatchingUp = false;
        // Noted after the loop looked and before this line.
        if (isDirty || status !== undefined) catchUp();
      },
      (err: unknown) => {
        isCatchingUp = false;
        logger.warn({ err, commandId }, 'the output of a command could not be read; trying again');
        if (!isStopped) retry = setTimeout(catchUp, RETRY_MS);
      },
    );
  };

  return {
    onStored(seq, frame) {
      if (isStopped || seq <= sentSeq) return;
      if (hasCaughtUp && !isCatchingUp && seq === sentSeq + 1) {
        sentSeq = seq;
        reader.send(frame);
      } else catchUp();
    },
    onStatus(frame, { isFinal, hasAll }) {
      if (isStopped || (hasEnded && !isFinal)) return;
      hasEnded ||= isFinal;
      if (hasCaughtUp && !isCatchingUp && hasAll) return reader.send(frame);
      status = frame;
      catchUp();
    },
    catchUp,
    stop() {
      isStopped = true;
      clearTimeout(retry);
    },
  };
}
