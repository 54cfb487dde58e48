import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived at the stand-in. */
export interface ReceivedRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly messages: readonly {
      readonly role: string;
      readonly content: unknown;
      readonly tool_calls?: unknown;
    }[];
    readonly stream?: boolean;
    readonly max_tokens?: number;
    readonly max_completion_tokens?: number;
    readonly temperature?: number;
    readonly response_format?: { readonly type: string; readonly json_schema?: unknown };
    readonly tools?: readonly {
      readonly function: { readonly name: string; readonly parameters: unknown };
    }[];
    readonly tool_choice?: unknown;
  };
  /** Resolves when the client has gone away or the answer is complete; true when the client went first. */
  readonly closed: Promise<boolean>;
}

/** The stand-in's response to one request. */
export type Script = (response: ServerResponse, request: ReceivedRequest) => Promise<void> | void;

/** A local HTTP server that speaks the chat completions protocol of Mistral and of OpenAI-compatible endpoints. */
export interface StandInProvider {
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  readonly requests: readonly ReceivedRequest[];
  /** Sets the scripts of the following requests, one each; the last one also serves all after it. */
  play(...scripts: [Script, ...Script[]]): void;
  close(): Promise<void>;
}

export async function startStandInProvider(): Promise<StandInProvider> {
  const requests: ReceivedRequest[] = [];
  let scripts: Script[] = [respondWith(500, { error: { message: 'no script' } })];
  let failure: unknown;

  const server = createServer((incoming, response) => {
    const serve = async (): Promise<void> => {
      let text = '';
      for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
      const closed = once(response, 'close').then(() => !response.writableFinished);
      const request = {
        url: incoming.url ?? '',
        headers: incoming.headers,
        body: JSON.parse(text || '{}'),
        closed,
      };
      requests.push(request);
      const script = scripts.length > 1 ? scripts.shift() : scripts[0];
      await script?.(response, request);
    };
    serve().catch((error: unknown) => {
      failure ??= error;
      response.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    play(...given) {
      scripts = given;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      if (failure !== undefined) throw failure;
    },
  };
}

/** Answers with a status and a JSON body; by default asks for a retry at once, where the client retries. */
export function respondWith(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = { 'retry-after-ms': '1' },
): Script {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Streams these pieces as an answer and ends it as the protocol demands. */
export function streamPieces(...pieces: readonly string[]): Script {
  return (response) => {
    beginStream(response);
    for (const piece of pieces) writePiece(response, piece);
    endStream(response);
  };
}

/** Calls these tools, all in one round, and waits for their results: those come with the next request. */
export function callTools(
  ...calls: readonly { readonly name: string; readonly input: unknown; readonly before?: string }[]
): Script {
  return (response) => {
    beginStream(response);
    for (const [index, { name, input, before }] of calls.entries()) {
      if (before !== undefined) writePiece(response, before);
      const call = { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) };
      const toolCall = { index, id: `call${index}`, type: 'function', function: call };
      writeEvent(response, chunkOf({ role: 'assistant', content: null, tool_calls: [toolCall] }, null));
    }
    endStream(response, 'tool_calls');
  };
}

/** Answers at once with this text, where no stream was asked for. */
export function respondWithText(content: string): Script {
  return respondWith(200, {
    id: 'stand-in',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'stand-in',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 },
  });
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}

export function writePiece(response: ServerResponse, content: string): void {
  writeEvent(response, chunkOf({ role: 'assistant', content }, null));
}

export function writeEvent(response: ServerResponse, data: unknown): void {
  response.write(`data: ${JSON.stringify(data)}\n\n`);
}

export function endStream(response: ServerResponse, finishReason = 'stop'): void {
  const usage = { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 };
  writeEvent(response, { ...chunkOf({ content: '' }, finishReason), usage });
  response.end('data: [DONE]\n\n');
}

function chunkOf(delta: Readonly<Record<string, unknown>>, finishReason: string | null): object {
  return {
    id: 'stand-in',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'stand-in',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}
