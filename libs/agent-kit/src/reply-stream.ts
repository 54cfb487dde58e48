import { types } from 'node:util';
import type { Logger } from '@parley/process-kit';
import { type JsonValue, LIMITS, ParleyError } from '@parley/shared-models';
import type { MessageContext } from './agent-definition.ts';
import { createGiveWay } from './event-loop.ts';
import { describeValue } from './given/describe-value.ts';
import { errorOf } from './given/error-of.ts';
import { beginning, fitting, metadataOf } from './given/reply-text.ts';

/** A reply that is being written. */
export interface OpenReply {
  /** Shows a piece at once. */
  add(piece: string): Promise<void> | void;
  /** Sends the whole; resolves when it is safe in the queue. */
  finish(text: string, metadata: Record<string, JsonValue> | undefined): Promise<void>;
}

/** Metadata of a reply; a function is called once the source has ended. */
export type StreamMetadata = Parameters<MessageContext['stream']>[1];

/**
 * Writes a reply piece by piece, until the source ends, the signal is given, or a message can hold no more; the text
 * shown until then is the reply.
 * @param pieces texts, or bytes of UTF-8, from an iterable or async iterable
 * @throws ParleyError `agent_failed` that names a value that is not a piece, `cancelled` when nothing was written before
 *   the signal
 * @throws the source's errors
 */
export async function streamReply(
  pieces: unknown,
  metadata: StreamMetadata,
  { signal, logger, open }: { readonly signal: AbortSignal; readonly logger: Logger; open(): OpenReply },
): Promise<string> {
  const source = iteratorOf(pieces);
  const said = typeof metadata === 'function' ? undefined : metadataOf(metadata);
  const reply = open();
  const decoder = new TextDecoder();
  const aborted = createAbortWatch(signal);
  // For a source that never waits.
  const giveWay = createGiveWay();
  let written = '';
  let isComplete = false;

  const add = async (piece: string): Promise<void> => {
    const shown = beginning(piece, LIMITS.textLength - written.length);
    // One more than fits: that it does not is known by it.
    written += beginning(piece, LIMITS.textLength + 1 - written.length);
    if (shown !== '') await reply.add(shown);
  };
  try {
    for (let count = 1; written.length <= LIMITS.textLength; count++) {
      const next = await aborted.before(Promise.resolve(source.next()));
      if (next === undefined) break;
      isComplete = next.done === true;
      await add(isComplete ? decoder.decode() : textOfPiece(next.value, count, decoder));
      if (isComplete || signal.aborted) break;
      await giveWay();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    aborted.end();
    if (!isComplete) endSource(source, logger);
  }
  const { text, marks } = fitting(written);
  const isStopped = !isComplete && marks === undefined;
  if (isStopped && text === '') throw new ParleyError('cancelled', 'The answer was stopped.');
  if (marks !== undefined) logger.warn(`a streamed reply is cut off: ${marks.limit}`);
  const facts = typeof metadata === 'function' ? metadataOf(metadata()) : said;
  await reply.finish(
    text,
    isStopped ? { ...facts, isStopped: true } : marks ? { ...facts, ...marks } : facts,
  );
  return text;
}

interface Source {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  return?(): unknown;
}

function iteratorOf(pieces: unknown): Source {
  if (typeof pieces === 'object' && pieces !== null) {
    const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = pieces as Partial<
      AsyncIterable<unknown> & Iterable<unknown>
    >;
    let source: Source | undefined;
    if (typeof later === 'function') source = later.call(pieces);
    else if (typeof now === 'function' && !types.isUint8Array(pieces)) source = now.call(pieces);
    // From JavaScript it can be anything.
    if (typeof source?.next === 'function') return source;
  }
  throw new ParleyError(
    'agent_failed',
    `stream() was given ${describeValue(pieces)}; it takes an async iterable of texts or bytes, such as response.body. A whole text goes to reply().`,
  );
}

function textOfPiece(piece: unknown, count: number, decoder: InstanceType<typeof TextDecoder>): string {
  // The rest of a character that bytes before it had begun.
  if (typeof piece === 'string') return decoder.decode() + piece;
  if (types.isUint8Array(piece) || types.isArrayBuffer(piece)) return decoder.decode(piece, { stream: true });
  throw new ParleyError(
    'agent_failed',
    `Piece ${count} of the stream is ${describeValue(piece)}; a piece is a text, or bytes of UTF-8.`,
  );
}

/** It may wait for something that never comes: nobody waits for its end. */
function endSource(source: Source, logger: Logger): void {
  const failed = (thrown: unknown): void =>
    logger.warn({ err: errorOf(thrown) }, 'the source of a streamed reply threw when it was ended');
  try {
    Promise.resolve(source.return?.()).catch(failed);
  } catch (thrown) {
    failed(thrown);
  }
}

interface AbortWatch {
  /** The result of the work; undefined when the signal is given before that. */
  before<T>(work: Promise<T>): Promise<T | undefined>;
  end(): void;
}

/** One listener for all pieces: `Promise.race` with one promise would keep something of each until the end. */
function createAbortWatch(signal: AbortSignal): AbortWatch {
  let stop = (): void => {};
  const onAbort = (): void => stop();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    before: <T>(work: Promise<T>) =>
      new Promise<T | undefined>((resolve, reject) => {
        stop = () => resolve(undefined);
        work.then(resolve, reject);
        if (signal.aborted) stop();
      }),
    end: () => signal.removeEventListener('abort', onAbort),
  };
}
