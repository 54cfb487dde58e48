import { ParleyError } from '@parley/shared-models';
import { parsedJson } from '../parsed-json.ts';
import { createThoughtSplitter, type Thinking } from '../thoughts.ts';
import {
  brokenAnswer,
  describe,
  errorAnswer,
  noAnswer,
  notAnEndpoint,
  type Provider,
  streamError,
  tooLong,
} from './provider-error.ts';

/** How an answer ended, in our words. */
export type Finish = 'stop' | 'length' | 'filter';

/** Facts learnt of an answer while it is read, beside its text and its calls of tools. */
export interface AnswerListener {
  /** Bytes have come: the provider is alive, also where it only sends comments. */
  onAlive(): void;
  onThought(text: string): void;
  onFinish(reason: Finish): void;
  /** It ended before its end; the events read before are handed on first. */
  onFailure(error: ParleyError): void;
  /** A thought was closed that was never opened: the next answer begins in one. */
  onOpensInThought(): void;
}

export interface AnswerEventsOptions extends AnswerListener {
  readonly provider: Provider;
  readonly opensInThought: boolean;
}

/** One event without an end, or one whole answer, in UTF-16 code units. */
const MAX_BUFFERED = 4 * 1024 * 1024;
/** One answer with the framing of its text: some hundred bytes for each token, thoughts included. */
const MAX_BYTES = 64 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Turns a provider's stream into events that the AI SDK's providers read without loss: `choices` with text, calls of
 * tools and a known reason to finish. Comments, chunks without `choices`, another line end, a byte order mark, `[DONE]`
 * without a reason and an answer that is not streamed at all are evened out; thoughts are taken out of the text.
 * A failure is told to the listener, and the events end as if a limit was reached, so that no half call of a tool is
 * made: a stream that fails would drop its buffered events.
 */
export function answerEvents(
  body: ReadableStream<Uint8Array>,
  options: AnswerEventsOptions,
): ReadableStream<Uint8Array> {
  const { provider } = options;
  const source = body.getReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const splitter = createThoughtSplitter({ opensInThought: options.opensInThought });
  const reader = createEventReader();
  let sent: Uint8Array[] = [];
  let form: 'unknown' | 'events' | 'whole' = 'unknown';
  let whole = '';
  let finishReason: string | undefined;
  let hasCalls = false;
  let hasChoices = false;
  let bytesRead = 0;
  let isOver = false;

  const send = (delta: Fields, finish: string | null = null): void => {
    const chunk = { id: 'answer', object: 'chat.completion.chunk', created: 0, model: provider.modelName };
    const choices = [{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: finish }];
    sent.push(encoder.encode(`data: ${JSON.stringify({ ...chunk, choices })}\n\n`));
  };
  const say = (parts: readonly Thinking[]): void => {
    for (const { kind, text } of parts) {
      if (kind === 'thought') options.onThought(text);
      else send({ content: text });
    }
  };
  const end = (): void => {
    isOver = true;
    say(splitter.end());
    if (splitter.hasStrayClose) options.onOpensInThought();
    const reason = meaningOf(finishReason);
    if (reason === 'error') throw brokenAnswer(provider);
    options.onFinish(reason);
    send({}, reason === 'length' ? 'length' : reason === 'stop' && hasCalls ? 'tool_calls' : 'stop');
  };
  const fail = (error: ParleyError): void => {
    if (!isOver) say(splitter.end());
    isOver = true;
    options.onFailure(error);
    send({}, 'length');
  };

  const take = (value: unknown, isError = false): void => {
    if (!isFields(value)) return;
    const error = errorIn(value) ?? (isError ? value : undefined);
    if (error !== undefined) throw streamError(provider, error);
    hasChoices ||= Array.isArray(value.choices);
    // Several answers at once were not asked for.
    const choice: unknown = Array.isArray(value.choices) ? value.choices[0] : undefined;
    if (!isFields(choice)) return;
    const delta = isFields(choice.delta) ? choice.delta : isFields(choice.message) ? choice.message : choice;
    const thought = delta.reasoning_content ?? delta.reasoning;
    if (typeof thought === 'string' && thought !== '') {
      options.onThought(thought);
      say(splitter.settle());
    }
    for (const { kind, text } of partsOf(delta.content ?? delta.text)) {
      if (kind === 'thought') options.onThought(text);
      else say(splitter.push(text));
    }
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      say(splitter.push(delta.refusal));
      finishReason = 'content_filter';
    }
    const calls = callsOf(delta.tool_calls);
    if (calls.length > 0) {
      hasCalls = true;
      send({ tool_calls: calls });
    }
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '')
      finishReason ??= choice.finish_reason;
  };

  const takeEvents = (text: string, isLast: boolean): void => {
    for (const event of reader.read(text, isLast)) {
      if (DONE.test(event.data)) {
        end();
        return;
      }
      if (event.value === undefined) throw noAnswer(provider);
      take(event.value, event.type === 'error');
    }
    if (reader.size > MAX_BUFFERED) throw noAnswer(provider);
  };

  const takeBytes = (bytes: Uint8Array): void => {
    options.onAlive();
    bytesRead += bytes.length;
    if (bytesRead > MAX_BYTES) throw tooLong(provider);
    const text = decoder.decode(bytes, { stream: true });
    if (form === 'events') {
      takeEvents(text, false);
      return;
    }
    whole += text;
    if (whole.length > MAX_BUFFERED) throw notAnEndpoint(provider);
    if (form === 'whole') return;
    // The text before is empty space.
    const first = /\S/.exec(text)?.[0];
    if (first === undefined) return;
    form = first === '{' || first === '<' || first === '[' ? 'whole' : 'events';
    if (form === 'events') takeEvents(whole, false);
  };

  const takeEnd = (): void => {
    const value = form === 'events' ? undefined : parsedJson(whole);
    // Lines of JSON are not JSON as a whole.
    const isLines = value === undefined && whole.trimStart().startsWith('{');
    if (form === 'events' || isLines) {
      takeEvents(isLines && form !== 'events' ? whole : '', true);
      if (isOver) return;
      if (finishReason === undefined) {
        throw hasChoices || reader.isEventStream ? brokenAnswer(provider) : notAnEndpoint(provider);
      }
      end();
      return;
    }
    const answer: unknown = Array.isArray(value) ? value[0] : value;
    if (!isFields(answer)) throw notAnEndpoint(provider);
    const isAnswer = Array.isArray(answer.choices) && answer.choices.length > 0;
    if (errorIn(answer) !== undefined && !isAnswer) throw errorAnswer(provider, answer);
    if (!isAnswer) throw notAnEndpoint(provider, answer);
    take(answer);
    end();
  };

  /** Reads on; resolves with whether the source has more. */
  const readOn = async (): Promise<boolean> => {
    let next: Awaited<ReturnType<typeof source.read>>;
    try {
      next = await source.read();
    } catch (error) {
      fail(brokenAnswer(provider, describe(error)));
      return false;
    }
    try {
      if (next.done) takeEnd();
      else takeBytes(next.value);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      fail(error);
    }
    return !next.done;
  };

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let hasMore = true;
      while (sent.length === 0 && !isOver) hasMore = await readOn();
      for (const chunk of sent) controller.enqueue(chunk);
      sent = [];
      if (!isOver) return;
      controller.close();
      // After `[DONE]`, or a body that is no answer, the rest is not read.
      if (hasMore) await source.cancel();
    },
    cancel: (reason) => source.cancel(reason),
  });
}

interface ReadEvent {
  readonly type: string;
  readonly data: string;
  /** Undefined: not JSON. */
  readonly value: unknown;
}

const DONE = /^\s*\[DONE\]\s*$/i;

/**
 * Server-sent events out of a text in pieces. A line that is JSON by itself counts as an event, since some servers leave
 * out the empty line; of any other the lines up to an empty one are the event.
 */
function createEventReader() {
  let buffer = '';
  let endedInReturn = false;
  let pending: string[] = [];
  let pendingSize = 0;
  let type = '';
  let isEventStream = false;

  const readLine = (line: string): ReadEvent | undefined => {
    if (line === '') {
      const [data, of] = [pending.join('\n'), type];
      [pending, pendingSize, type] = [[], 0, ''];
      return data === '' ? undefined : { type: of, data, value: parsedJson(data) };
    }
    const field = /^(data|event):? ?(.*)$/s.exec(line);
    isEventStream ||= /^(?:data|event|id|retry)?:/.test(line);
    if (field?.[1] === 'event') type = field[2] ?? '';
    const isBare = line.startsWith('{');
    if (field?.[1] !== 'data' && !isBare) return undefined;
    const data = (isBare ? line : (field?.[2] ?? '')).trim();
    // Parsed once alone and once as a whole: at each line would be a time that grows with the square of their number.
    const value = pending.length === 0 ? parsedJson(data) : undefined;
    if (value !== undefined || (pending.length === 0 && DONE.test(data))) return { type, data, value };
    if (data !== '') pending.push(data);
    pendingSize += line.length + 1;
    return undefined;
  };

  return {
    /** A field of an event, or a comment, has come. */
    get isEventStream() {
      return isEventStream;
    },
    get size() {
      return buffer.length + pendingSize;
    },
    *read(text: string, isLast: boolean): Generator<ReadEvent> {
      // Carriage return and line feed are one line end, also where they come apart.
      const fresh = endedInReturn && text.startsWith('\n') ? text.slice(1) : text;
      if (text !== '') endedInReturn = text.endsWith('\r');
      const lines = fresh.split(/\r\n|\n|\r/);
      lines[0] = buffer + (lines[0] ?? '');
      buffer = isLast ? '' : (lines.pop() ?? '');
      for (const line of isLast ? [...lines, ''] : lines) {
        const event = readLine(line);
        if (event !== undefined) yield event;
      }
    },
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error that an event or an answer tells of; several servers send an empty one along with each. */
function errorIn(value: Fields): unknown {
  const { error } = value;
  if (error === undefined || error === null || error === false || error === '')
    return value.object === 'error' ? value : undefined;
  return isFields(error) && Object.keys(error).length === 0 ? undefined : error;
}

/** `content` is a text, or a list of parts of several kinds. */
function partsOf(content: unknown): Thinking[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown): Thinking[] => {
    if (!isFields(part)) return [];
    if (typeof part.text === 'string') return [{ kind: 'text' as const, text: part.text }];
    const thoughts = part.thinking;
    if (typeof thoughts === 'string') return [{ kind: 'thought' as const, text: thoughts }];
    return partsOf(thoughts).map(({ text }) => ({ kind: 'thought' as const, text }));
  });
}

/** Calls of tools as the protocol has them: arguments are a text. */
function callsOf(calls: unknown): Fields[] {
  if (!Array.isArray(calls)) return [];
  return calls.flatMap((call: unknown) => {
    if (!isFields(call) || !isFields(call.function)) return [];
    const given = call.function.arguments;
    const written =
      given === undefined || given === null || typeof given === 'string' ? given : JSON.stringify(given);
    return [{ ...call, function: { ...call.function, arguments: written } }];
  });
}

/** Providers have many names for the three ends of an answer; one that is not known is an end, too. */
function meaningOf(reason: string | undefined): Finish | 'error' {
  if (reason === undefined) return 'stop';
  if (/length|max.*tokens?|tokens?.*limit|truncat|incomplete/i.test(reason)) return 'length';
  if (/filter|safety|refus|block|prohibit|recitation|sensitive/i.test(reason)) return 'filter';
  return /error|abort|fail|cancel|insufficient|unavailable|interrupt|time_?out/i.test(reason)
    ? 'error'
    : 'stop';
}
