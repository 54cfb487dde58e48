import { StringDecoder } from 'node:string_decoder';

export type OutputStreamName = 'stdout' | 'stderr';

/** The output of a process, as text, up to a limit. */
export interface BoundedOutput {
  write(stream: OutputStreamName, bytes: Buffer): void;
  /** Emits the remains of a character that never became whole. */
  end(): void;
  /** Whether something was left out. */
  readonly isTruncated: boolean;
}

/**
 * Decodes UTF-8 across the borders of chunks and lets at most `limitBytes` through, over both streams together; output
 * after that is dropped without being looked at. A character is never cut.
 */
export function createBoundedOutput(
  limitBytes: number,
  onText: (stream: OutputStreamName, text: string) => void,
): BoundedOutput {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  let left = limitBytes;
  let isTruncated = false;

  const emit = (stream: OutputStreamName, text: string): void => {
    // No text column of PostgreSQL and no terminal takes a NUL.
    if (text !== '') onText(stream, text.replaceAll('\0', '\u{fffd}'));
  };

  return {
    write(stream, bytes) {
      if (isTruncated) return;
      if (bytes.length <= left) {
        left -= bytes.length;
        return emit(stream, decoders[stream].write(bytes));
      }
      isTruncated = true;
      // The decoder keeps the beginning of a character that does not fit any more.
      emit(stream, decoders[stream].write(bytes.subarray(0, left)));
    },
    end() {
      if (isTruncated) return;
      for (const stream of ['stdout', 'stderr'] as const) emit(stream, decoders[stream].end());
    },
    get isTruncated() {
      return isTruncated;
    },
  };
}
