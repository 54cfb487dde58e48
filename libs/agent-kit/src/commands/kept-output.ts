import { StringDecoder } from 'node:string_decoder';
import type { CommandPiece, OutputStreamName } from '@parley/shared-models';

/** The output of one command, kept until the server has it for good. */
export interface KeptOutput {
  add(stream: OutputStreamName, text: string): void;
  /** The pieces after this one, from now on unchangeable. */
  after(seq: number): readonly CommandPiece[];
  /** Frees the memory; later output is dropped. */
  clear(): void;
  readonly isTruncated: boolean;
}

/** The protocol's limit for a piece, in UTF-16 code units. */
const PIECE_LENGTH = 65_536;
/** More pieces than these wait to be sent: order between the two streams, which pipes do not keep anyway, is given up. */
const MAX_OPEN_PIECES = 64;
/** From so many pieces on, when no more than one may wait: a server keeps only so many. */
const MANY_PIECES = 4096;

type OpenPiece = { -readonly [K in keyof CommandPiece]: CommandPiece[K] };

/**
 * Keeps pieces with their numbers, so that they can be sent again as they were. Text that nobody has asked for yet joins
 * the piece before it, so that a program that prints letter by letter does not become a flood of messages.
 */
export function createKeptOutput(limitBytes: number): KeptOutput {
  let pieces: OpenPiece[] = [];
  let firstOpen = 0;
  let left = limitBytes;
  let isTruncated = false;
  let isClosed = false;

  const findOpen = (stream: OutputStreamName): OpenPiece | undefined => {
    const mayWait = pieces.length < MANY_PIECES ? MAX_OPEN_PIECES : 1;
    const oldest = pieces.length - firstOpen > mayWait ? firstOpen : Math.max(firstOpen, pieces.length - 1);
    for (let at = pieces.length - 1; at >= oldest; at--) {
      if (pieces[at]?.stream === stream) return pieces[at];
    }
    return undefined;
  };

  const append = (stream: OutputStreamName, text: string): void => {
    let rest = text;
    while (rest !== '') {
      let piece = findOpen(stream);
      if (piece === undefined || piece.data.length >= PIECE_LENGTH - 1) {
        piece = { stream, seq: pieces.length + 1, data: '' };
        pieces.push(piece);
      }
      const length = wholeLength(rest, PIECE_LENGTH - piece.data.length);
      piece.data += rest.slice(0, length);
      rest = rest.slice(length);
    }
  };

  return {
    add(stream, text) {
      if (isClosed || isTruncated) return;
      const bytes = Buffer.byteLength(text);
      if (bytes <= left) {
        left -= bytes;
        return append(stream, text);
      }
      isTruncated = true;
      append(stream, new StringDecoder('utf8').write(Buffer.from(text).subarray(0, left)));
    },
    after(seq) {
      firstOpen = pieces.length;
      return pieces.slice(seq);
    },
    clear() {
      isClosed = true;
      pieces = [];
      firstOpen = 0;
    },
    get isTruncated() {
      return isTruncated;
    },
  };
}

/** At most `max` code units, without cutting a pair in two. */
function wholeLength(text: string, max: number): number {
  if (text.length <= max) return text.length;
  const last = text.charCodeAt(max - 1);
  return last >= 0xd800 && last <= 0xdbff ? max - 1 : max;
}
