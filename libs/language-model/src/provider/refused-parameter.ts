/** The body of a request to a provider. */
export type RequestBody = Record<string, unknown> & { messages: RequestMessage[] };

interface RequestMessage {
  role: string;
  content?: unknown;
}

/**
 * How a provider wants parameters: by their names in the protocol, the name that it takes instead, or `''` where it is
 * to be left out. `system` stands for the role of the instructions: `developer`, or `user`: before the first message.
 */
export type ParameterNames = ReadonlyMap<string, string>;

export interface Refusal {
  readonly parameter: string;
  readonly instead: string;
}

/** Not parameters that a request can do without. */
const ESSENTIAL = new Set(['model', 'messages', 'stream']);

/** Other words for parameters, and for their meaning in `body`. */
const OTHER_WORDS: Readonly<Record<string, RegExp>> = {
  tool_choice: /\btool[ _-]choice\b/i,
  tools: /\b(?:tools?|function[ _-]?call(?:s|ing)?)\b/i,
  response_format: /\b(?:response[ _-]?format|json[ _-](?:object|mode|schema)|structured[ _-]outputs?)\b/i,
  max_tokens: /\bmax(?:imum)?[ _-]?(?:(?:number[ _-]of[ _-])?(?:output|new|completion)[ _-])?tokens\b/i,
  temperature: /\b(?:temperature|sampling)\b/i,
};

/**
 * The parameter of `body` that a refusal names, and its replacement. Undefined: it names no parameter, or nothing can be done.
 * @param words the refusal as it was sent, without quotes from the messages
 */
export function refusedParameter(words: string, body: RequestBody): Refusal | undefined {
  const parameter = namedParameter(words, body);
  if (parameter === undefined) return undefined;
  if (parameter === 'system') {
    const mayBeDeveloper = body.messages[0]?.role === 'system' && /\bdeveloper\b/i.test(words);
    return { parameter, instead: mayBeDeveloper ? 'developer' : 'user' };
  }
  if (parameter === 'max_tokens') return { parameter, instead: 'max_completion_tokens' };
  return { parameter, instead: '' };
}

function namedParameter(words: string, body: RequestBody): string | undefined {
  const names = Object.keys(body).filter((name) => !ESSENTIAL.has(name) && body[name] !== undefined);
  // `"param": "max_tokens"` says it without doubt.
  const param = /"param"\s*:\s*"([\w-]+)/.exec(words)?.[1];
  if (param !== undefined && names.includes(param)) return param;
  const mentions = names.flatMap((name) => {
    const at = words.search(new RegExp(`\\b${name}\\b`, 'i'));
    return at === -1 ? [] : [{ name, at }];
  });
  const first = mentions.sort((a, b) => a.at - b.at)[0]?.name;
  if (first !== undefined) return first;
  const meant = Object.entries(OTHER_WORDS).find(
    ([name, pattern]) => names.includes(name) && pattern.test(words),
  );
  if (meant !== undefined) return meant[0];
  const role = body.messages[0]?.role;
  if ((role === 'system' || role === 'developer') && REFUSES_ROLE.test(words)) return 'system';
  return body.stream === true && REFUSES_STREAM.test(words) ? 'stream' : undefined;
}

/** Also as a place: `["body","messages",0,"role"]`. Where roles were to alternate, they do but for the instructions. */
const REFUSES_ROLE = new RegExp(
  [
    String.raw`messages\W{0,4}0\W{1,4}role`,
    String.raw`\b(?:system|developer)\b.{0,40}\b(?:role|messages?|prompts?|instructions?)\b`,
    String.raw`\broles?\b.{0,40}\b(?:system|developer|user)\b`,
    String.raw`\bonly\b.{0,30}\buser\b.{0,20}\bassistant\b`,
    String.raw`\b(?:first|start|begin)\b.{0,40}\buser (?:role|message|turn)`,
    String.raw`\b(?:invalid|unknown|unexpected|unsupported)\b.{0,20}\broles?\b`,
    String.raw`\broles?\b.{0,40}\balternat`,
  ].join('|'),
  'i',
);
const REFUSES_STREAM = /"param"\s*:\s*"stream"|\bstream(?:ing)?\b.{0,60}\b(?:support|allow|permit|verif)/i;

/** The body as the provider wants it. */
export function withNames(body: RequestBody, names: ParameterNames): RequestBody {
  const wanted: RequestBody = { ...body };
  for (const [name, instead] of names) {
    if (name === 'system') wanted.messages = withSystemAs(instead, wanted.messages);
    else if (name === 'stream') wanted.stream = false;
    else if (Object.hasOwn(wanted, name)) {
      if (instead !== '') wanted[instead] = wanted[name];
      delete wanted[name];
    }
  }
  return wanted;
}

function withSystemAs(role: string, messages: RequestMessage[]): RequestMessage[] {
  const [first, second, ...others] = messages;
  if (first?.role !== 'system') return messages;
  const rest = second === undefined ? [] : [second, ...others];
  if (role === '') return rest;
  if (role !== 'user') return [{ ...first, role }, ...rest];
  if (second?.role !== 'user') return [{ ...first, role }, ...rest];
  return [{ ...second, content: `${textOf(first.content)}\n\n${textOf(second.content)}` }, ...others];
}

/** Content is a text, or a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part: unknown) =>
      typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string'
        ? [part.text]
        : [],
    )
    .join('');
}
