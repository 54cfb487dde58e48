import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/**
 * Bytes as text: by their byte order mark, else as `charset` says, else as UTF-8; bytes that are not UTF-8 are read as Windows-1252,
 * in which spreadsheets of western Europe are saved.
 * @param charset as a content type names it; an unknown one does not count
 */
export function decodeText(bytes: Uint8Array, charset?: string): string {
  return (markedDecoder(bytes) ?? decoderFor(charset) ?? guessedDecoder(bytes)).decode(bytes);
}

function markedDecoder([first, second]: Uint8Array): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le');
  return first === 0xfe && second === 0xff ? new TextDecoder('utf-16be') : undefined;
}

function decoderFor(charset: string | undefined): TextDecoder | undefined {
  if (charset === undefined) return undefined;
  try {
    return new TextDecoder(charset);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_NOT_SUPPORTED') return undefined;
    throw error;
  }
}

const guessedDecoder = (bytes: Uint8Array): TextDecoder =>
  new TextDecoder(isUtf8(bytes) ? 'utf-8' : 'windows-1252');
