import type { ServerResponse } from 'node:http';
import {
  beginStream,
  endStream,
  type ReceivedRequest,
  respondWith,
  respondWithText,
  type Script,
  streamPieces,
  writeEvent,
  writePiece,
} from './stand-in-provider.ts';

/** The behaviour of an endpoint with bad or special manners, for every request. */
export interface Manner {
  readonly script: Script;
  /**
   * `answer`: `ANSWER` reaches the person. `kept`: its beginning does, with a mark. `reason`: no answer reaches the person,
   * who reads why.
   */
  readonly ends: 'answer' | 'kept' | 'reason';
  /** The same where the model is offered tools. @default as `ends` */
  readonly endsWithTools?: 'reason';
  /** A part of the mark or the reason. */
  readonly says?: RegExp;
}

export const BEGINNING = 'The answer of the model';
export const ANSWER = `${BEGINNING} is whole.`;
/** Must reach nobody as a part of the answer. */
export const THOUGHT = 'I wonder what to say';

type Body = ReceivedRequest['body'];

/** A 400 as OpenAI sends it. */
const refuse = (message: string, param: string | null = null): Script =>
  respondWith(400, { error: { message, type: 'invalid_request_error', param, code: null } });

const raw400 =
  (body: string): Script =>
  (response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(body);
  };

/** As the request wants it: streamed or whole. */
const answer: Script = (response, request) =>
  (request.body.stream === true ? streamPieces(BEGINNING, ' is', ' whole.') : respondWithText(ANSWER))(
    response,
    request,
  );

/** Answers where `refusal` has nothing against the request. */
const unless =
  (refusal: (body: Body) => Script | undefined): Script =>
  (response, request) =>
    (refusal(request.body) ?? answer)(response, request);

/** The given text as a stream, in pieces of so many characters. */
const inPieces =
  (text: string, size: number, finishReason = 'stop'): Script =>
  (response) => {
    beginStream(response);
    for (let at = 0; at < text.length; at += size) writePiece(response, text.slice(at, at + size));
    endStream(response, finishReason);
  };

/** Half of the answer, and then something else. */
const beginAnd =
  (rest: (response: ServerResponse) => Promise<void> | void): Script =>
  (response) => {
    beginStream(response);
    writePiece(response, BEGINNING);
    return rest(response);
  };

/** Written as bytes, so that a test says exactly what goes over the wire. */
const raw =
  (...writes: readonly (string | Buffer)[]): Script =>
  async (response) => {
    beginStream(response);
    for (const write of writes) await new Promise<void>((done) => response.write(write, () => done()));
    response.end();
  };

const piece = (content: string, finish: string | null = null): string =>
  JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });

const page: Script = (response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end('<!doctype html><title>Open WebUI</title><script>max_tokens</script>');
};

const field =
  (name: string): Script =>
  (response) => {
    beginStream(response);
    for (const text of [THOUGHT, '. Aha'])
      writeEvent(response, { choices: [{ index: 0, delta: { [name]: text } }] });
    writePiece(response, ANSWER);
    endStream(response);
  };

/** `roles` as Mistral's and Gemma's templates want them. */
const alternates = ({ messages }: Body): boolean => {
  const roles = messages.filter(({ role }) => role !== 'system').map(({ role }) => role);
  const isInTurn = roles.every((role, index) => role === (index % 2 === 0 ? 'user' : 'assistant'));
  const isEmpty = messages.some(
    ({ content }) => content === '' || (Array.isArray(content) && content.length === 0),
  );
  return isInTurn && !isEmpty && messages.slice(1).every(({ role }) => role !== 'system');
};

const bytes = Buffer.from(`data: ${piece(`${ANSWER} 👍`, 'stop')}\n\ndata: [DONE]\n\n`);
const inEmoji = bytes.indexOf(Buffer.from('👍')) + 1;

/** One stand-in for many providers: their known behaviours, by name. */
export const MANNERS: Readonly<Record<string, Manner>> = {
  'answers as the protocol says': { script: answer, ends: 'answer' },
  'wants max_completion_tokens': {
    script: unless(({ max_tokens: given }) =>
      given === undefined
        ? undefined
        : refuse("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", 'max_tokens'),
    ),
    ends: 'answer',
  },
  'spells a parameter with escapes': {
    script: unless(({ max_tokens: given }) =>
      given === undefined ? undefined : raw400('{"error":"Unknown field \\u0027\\u006dax_tokens\\u0027"}'),
    ),
    ends: 'answer',
  },
  'means a parameter without its name': {
    script: unless(({ max_tokens: given }) =>
      given === undefined ? undefined : refuse('The maximum number of output tokens cannot be set.'),
    ),
    ends: 'answer',
  },
  'takes neither of both limits of tokens': {
    script: unless(({ max_tokens: old, max_completion_tokens: given }) =>
      old === undefined && given === undefined
        ? undefined
        : refuse(`${old === undefined ? 'max_completion_tokens' : 'max_tokens'} is not permitted`),
    ),
    ends: 'answer',
  },
  'takes no temperature': {
    script: unless(({ temperature }) =>
      temperature === undefined ? undefined : refuse("'temperature' does not support 0 with this model."),
    ),
    ends: 'answer',
  },
  'forbids all that it does not know': {
    script: unless((body) => {
      const unknown = Object.keys(body).find(
        (name) => !['model', 'messages', 'stream', 'tools', 'tool_choice'].includes(name),
      );
      if (unknown === undefined) return undefined;
      const detail = [
        { type: 'extra_forbidden', loc: ['body', unknown], msg: 'Extra inputs are not permitted' },
      ];
      return respondWith(422, { detail });
    }),
    ends: 'answer',
  },
  'takes no tools': {
    script: unless(({ tools }) =>
      tools === undefined ? undefined : refuse('stand-in does not support tools'),
    ),
    ends: 'answer',
    endsWithTools: 'reason',
    says: /does not take tools.*stand-in does not support tools/,
  },
  'takes no choice of tools': {
    script: unless(({ tool_choice: choice }) =>
      choice === undefined
        ? undefined
        : refuse('"auto" tool choice requires --enable-auto-tool-choice to be set'),
    ),
    ends: 'answer',
  },
  'has no system role': {
    script: unless(({ messages }) =>
      messages.some(({ role }) => role !== 'user' && role !== 'assistant')
        ? refuse('System role not supported')
        : undefined,
    ),
    ends: 'answer',
  },
  'takes only two roles': {
    script: unless(({ messages }) =>
      messages[0]?.role === 'system' ? refuse('Only user and assistant roles are supported!') : undefined,
    ),
    ends: 'answer',
  },
  'says where the role stands that it does not take': {
    script: unless(({ messages }) => {
      const detail = [{ loc: ['body', 'messages', 0, 'role'], msg: "Input should be 'user' or 'assistant'" }];
      return messages[0]?.role === 'system' ? respondWith(422, { detail }) : undefined;
    }),
    ends: 'answer',
  },
  'wants the developer role': {
    script: unless(({ messages }) =>
      messages[0]?.role === 'system'
        ? refuse(
            "Unsupported value: 'messages[0].role' does not support 'system'. Use 'developer'.",
            'messages[0].role',
          )
        : undefined,
    ),
    ends: 'answer',
  },
  'wants roles that alternate': {
    script: unless((body) =>
      alternates(body)
        ? undefined
        : refuse('Conversation roles must alternate user/assistant/user/assistant/...'),
    ),
    ends: 'answer',
  },
  'does not stream': {
    script: unless(({ stream }) =>
      stream === true
        ? refuse('Your organization must be verified to stream this model.', 'stream')
        : undefined,
    ),
    ends: 'answer',
  },
  'answers whole although a stream was asked for': { script: respondWithText(ANSWER), ends: 'answer' },
  'ends with [DONE] and no reason': {
    script: raw(`data: ${piece(BEGINNING)}\n\n`, `data: ${piece(' is whole.')}\n\n`, 'data: [DONE]\n\n'),
    ends: 'answer',
  },
  'ends with a reason and no [DONE]': { script: raw(`data: ${piece(ANSWER, 'stop')}\n\n`), ends: 'answer' },
  'ends for a reason of its own': { script: inPieces(ANSWER, 9, 'eos_token'), ends: 'answer' },
  'announces tools and calls none': { script: inPieces(ANSWER, 9, 'tool_calls'), ends: 'answer' },
  'sends chunks without choices': {
    script: raw(
      'data: {"id":"x","usage":null,"prompt_filter_results":[]}\n\ndata: {"choices":[]}\n\ndata: null\n\n',
      `data: ${piece(ANSWER)}\n\ndata: {"choices":[],"error":null,"usage":{"completion_tokens":4}}\n\n`,
      `data: {"error":{},"choices":null}\n\ndata: ${piece('', 'stop')}\n\ndata: {"type":"ping"}\n\ndata:  [done] \n\n`,
    ),
    ends: 'answer',
  },
  'writes as only a few do': {
    script: raw(
      '\ufeff: a comment\r\n\r\nevent: message\r\nid: 1\r\nretry: 10\r\n',
      `data:${piece(BEGINNING)}\r`,
      `\n\r\ndata: ${piece(' is whole.')}\ndata: ${piece('', 'stop')}\n\n: bye\n`,
    ),
    ends: 'answer',
  },
  'splits a letter in two': {
    script: raw(bytes.subarray(0, inEmoji), bytes.subarray(inEmoji)),
    ends: 'answer',
  },
  'thinks in tags': { script: inPieces(`<think>${THOUGHT}.\n</think>\n\n${ANSWER}`, 3), ends: 'answer' },
  'thinks aloud in other tags': {
    script: inPieces(
      `\n<Thinking>\n${THOUGHT}</Thinking>${BEGINNING}<reasoning>${THOUGHT}</reasoning> is whole.`,
      7,
    ),
    ends: 'answer',
  },
  'thinks in reasoning_content': { script: field('reasoning_content'), ends: 'answer' },
  'thinks in reasoning': { script: field('reasoning'), ends: 'answer' },
  'never ends its thought': {
    script: inPieces(`<think>${THOUGHT}, and on and on`, 5),
    ends: 'reason',
    says: /thought, and wrote no answer/,
  },
  'thinks until its limit': {
    script: inPieces(`<think>${THOUGHT}`, 5, 'length'),
    ends: 'reason',
    says: /thought, and wrote no answer.*LLM_MAX_OUTPUT_TOKENS/,
  },
  'is cut off by the limit': {
    script: inPieces(BEGINNING, 5, 'length'),
    ends: 'kept',
    says: /cut off: .*LLM_MAX_OUTPUT_TOKENS.*continue/,
  },
  'names the limit otherwise': {
    script: inPieces(BEGINNING, 5, 'max_output_tokens'),
    ends: 'kept',
    says: /cut off: .*LLM_MAX_OUTPUT_TOKENS/,
  },
  'ends for want of machines': {
    script: inPieces(BEGINNING, 5, 'insufficient_system_resource'),
    ends: 'kept',
    says: /broke off in the middle/,
  },
  'filters the end': {
    script: inPieces(BEGINNING, 5, 'content_filter'),
    ends: 'kept',
    says: /content filter/,
  },
  'filters all': { script: streamNothing('content_filter'), ends: 'reason', says: /content filter/ },
  'says nothing': { script: streamNothing('stop'), ends: 'reason', says: /empty answer/ },
  'breaks off': {
    script: beginAnd(async (response) => {
      // The written bytes are on their way before the connection closes.
      await new Promise<void>((done) => response.write(': \n\n', () => setImmediate(done)));
      response.destroy();
    }),
    ends: 'kept',
    says: /broke off in the middle/,
  },
  'ends without an end': {
    script: beginAnd((response) => void response.end()),
    ends: 'kept',
    says: /broke off in the middle/,
  },
  'reports an error in the middle': {
    script: beginAnd((response) => {
      writeEvent(response, { error: { message: 'The GPU is on fire', type: 'server_error', code: 500 } });
      response.end('data: [DONE]\n\n');
    }),
    ends: 'kept',
    says: /The GPU is on fire/,
  },
  'reports an error as an event': {
    script: beginAnd(
      (response) => void response.end('event: error\ndata: {"message":"The GPU is on fire"}\n\n'),
    ),
    ends: 'kept',
    says: /The GPU is on fire/,
  },
  'sends half a chunk': {
    script: beginAnd((response) => void response.end('data: {"choices":[{"delta":{"con\n\ndata: [DONE]\n\n')),
    ends: 'kept',
    says: /no answer/,
  },
  'is a web page': { script: page, ends: 'reason', says: /This is not an OpenAI endpoint.*LLM_BASE_URL/ },
  'is another program': {
    script: (response) => void response.end('Ollama is running'),
    ends: 'reason',
    says: /This is not an OpenAI endpoint.*LLM_BASE_URL/,
  },
  'streams as another API': {
    script: raw('{"message":{"content":"Hello"},"done":false}\n{"done":true}\n'),
    ends: 'reason',
    says: /This is not an OpenAI endpoint.*LLM_BASE_URL/,
  },
  'is another API': {
    script: respondWith(200, { status: 'ok', version: '0.9' }),
    ends: 'reason',
    says: /This is not an OpenAI endpoint.*LLM_BASE_URL/,
  },
  'says with 200 that it failed': {
    script: respondWith(200, { error: 'model runner has stopped' }),
    ends: 'reason',
    says: /an error instead of an answer.*model runner has stopped.*LLM_BASE_URL/,
  },
  'answers 200 to wrong addresses': {
    script: respondWith(200, { error: 'Unexpected endpoint or method. (POST /chat/completions)' }),
    ends: 'reason',
    says: /This is not an OpenAI endpoint.*LLM_BASE_URL.*Unexpected endpoint/,
  },
  'is down': {
    script: respondWith(500, { error: { message: 'CUDA out of memory' } }),
    ends: 'reason',
    says: /has a fault \(500\).*CUDA out of memory/,
  },
  'refuses the key': {
    script: respondWith(401, { error: { message: 'Incorrect API key provided: sk-abcdefgh12345678' } }),
    ends: 'reason',
    says: /refused access \(401\).*provided: \*\*\*/,
  },
};

function streamNothing(finishReason: string): Script {
  return (response) => {
    beginStream(response);
    endStream(response, finishReason);
  };
}
