import { eventOf } from '@parley/messaging';
import { createLogger } from '@parley/process-kit';
import {
  type ChannelName,
  type ChatMessage,
  type JsonValue,
  newId,
  ParleyError,
  type Participant,
  slugOf,
} from '@parley/shared-models';
import type { AgentAddress, MessageContext } from '../agent-definition.ts';
import { createContext } from '../context/create-context.ts';
import { createInMemoryAccess, type InMemoryAccess } from './in-memory-access.ts';
import { createInMemoryTasks, type InMemoryTasks } from './in-memory-tasks.ts';

/** Another agent's answer to `ask`: a text, or an error to throw. */
export type AskStub = (agent: AgentAddress, text: string) => string | Promise<string>;

export interface TestContextOptions {
  /** The person who asks. @default { id: 'ada', name: 'Ada' } */
  readonly user?: { readonly id: string; readonly name: string };
  /** The agent as it is registered. @default { id: 'test-1', name: 'Tess' } */
  readonly agent?: { readonly id: string; readonly name: string };
  /** The group that the memory belongs to. @default the agent's name as a slug */
  readonly group?: string;
  /** Said before in the conversation, oldest first: a text is the person's. @default [] */
  readonly history?: readonly (string | ChatMessage)[];
  /** The group's memory; give several contexts the same one. @default an empty one */
  readonly memory?: InMemoryAccess;
  /** @default an error that tells that the test has no answer */
  readonly ask?: AskStub;
  /** Where tasks are kept; give several contexts the same one. @default nowhere else */
  readonly tasks?: InMemoryTasks;
  /** A message with this id was handled before: changes and questions have the ids of then. @default a new one */
  readonly messageId?: string;
  readonly conversationId?: string;
}

/** An event that an agent published. */
export interface TestPublished {
  readonly channel: ChannelName;
  readonly type: string;
  readonly payload: JsonValue;
}

/** A context that records an agent's calls. */
export interface TestContext {
  readonly context: MessageContext;
  /** Texts of `reply`, and of `stream` once its source has ended. */
  readonly replies: readonly string[];
  /** The metadata given to `reply` and `stream`, in the same places as in `replies`. */
  readonly metadata: readonly (Readonly<Record<string, JsonValue>> | undefined)[];
  /** Pieces that went through `stream`. */
  readonly pieces: readonly string[];
  readonly typing: readonly boolean[];
  /** The questions to other agents. */
  readonly asked: readonly { readonly agent: AgentAddress; readonly text: string }[];
  /** The events published on channels. */
  readonly published: readonly TestPublished[];
  readonly memory: InMemoryAccess;
  /** As if the person stopped the answer. */
  stop(): void;
}

/** Makes the context of an agent's `onMessage` with everything in memory: no queue, no server. */
export function createTestContext(text: string, options: TestContextOptions = {}): TestContext {
  const { agent = { id: 'test-1', name: 'Tess' }, user = { id: 'ada', name: 'Ada' } } = options;
  const { memory = createInMemoryAccess(), conversationId = newId() } = options;
  const group = options.group ?? slugOf(agent.name);
  const { tasks = createInMemoryTasks({ user, group, conversationId }) } = options;
  const replies: string[] = [];
  const metadata: (Readonly<Record<string, JsonValue>> | undefined)[] = [];
  const pieces: string[] = [];
  const typing: boolean[] = [];
  const published: TestPublished[] = [];
  const asked: { agent: AgentAddress; text: string }[] = [];
  const abort = new AbortController();
  const sender = { kind: 'user', id: user.id, name: user.name } as const;
  const earlier = (options.history ?? []).map((said, index) =>
    typeof said === 'string' ? messageOf({ text: said, sender, conversationId, seq: index + 1 }) : said,
  );
  const request = messageOf({ text, sender, conversationId, seq: earlier.length + 1, id: options.messageId });
  const say = (reply: string, said?: Readonly<Record<string, JsonValue>>): void => {
    replies.push(reply);
    metadata.push(said);
  };

  const context = createContext({
    request,
    agent,
    group,
    isDriver: true,
    signal: abort.signal,
    logger: createLogger('test', 'silent'),
    writer: {
      reply: async (reply, said) => say(reply, said),
      open: () => ({
        add: (piece) => {
          pieces.push(piece);
        },
        finish: async (text, said) => say(text, said),
      }),
      typing: (isTyping) => typing.push(isTyping),
    },
    bus: {
      async publishEvent(channel, type, envelope) {
        published.push({ channel, type, payload: eventOf(envelope).event.payload });
      },
    },
    services: {
      ...memory,
      ...tasks,
      cancelAsk: async () => {},
      isWanted: async () => true,
      history: async ({ limit }) => earlier.slice(-limit),
      listEvents: async () => [],
      async ask({ id, target, text: question }) {
        const address = target.agentName ?? (target as AgentAddress);
        asked.push({ agent: address, text: question });
        const answer = await answerOf(id, () => (options.ask ?? noAnswer)(address, question));
        const name = typeof address === 'string' ? address : (Object.values(address)[0] ?? 'other');
        const other = { kind: 'agent', id: slugOf(name), name } as const;
        return messageOf({ text: answer, sender: other, conversationId: newId(), seq: 2, kind: 'REPLY' });
      },
    },
  });
  const stop = (): void => abort.abort('cancelled');
  return { context, replies, metadata, pieces, typing, asked, published, memory, stop };
}

/** Like the server, it tells the outcome of the question apart from that of the call. */
async function answerOf(askId: string, answer: () => string | Promise<string>): Promise<string> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    const details = { ...error.details, askId };
    throw new ParleyError(error.code, error.message, { cause: error, details });
  }
}

function noAnswer(agent: AgentAddress): never {
  const who = JSON.stringify(agent);
  throw new ParleyError('unknown_agent', `The test has no answer of ${who}: give the context an \`ask\`.`);
}

interface MessageFields {
  readonly text: string;
  readonly sender: Participant;
  readonly conversationId: string;
  readonly seq: number;
  readonly kind?: ChatMessage['kind'];
  readonly id?: string | undefined;
}

function messageOf({ id = newId(), kind = 'TEXT', ...fields }: MessageFields): ChatMessage {
  return { id, kind, createdAt: new Date().toISOString(), ...fields };
}
