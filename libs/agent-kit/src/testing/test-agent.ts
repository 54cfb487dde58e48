import { type ChatMessage, newId } from '@parley/shared-models';
import { runHandler } from '../agent-code.ts';
import type { AgentDefinition } from '../agent-definition.ts';
import { profileOf } from '../agent-profile.ts';
import { createInMemoryAccess, type InMemoryAccess } from './in-memory-access.ts';
import { createInMemoryTasks, type InMemoryTasks } from './in-memory-tasks.ts';
import { type AskStub, createTestContext, type TestContext } from './test-context.ts';

export interface TestAgentOptions {
  /** The answers of other agents to `ask`. @default an error that tells that the test has no answer */
  readonly ask?: AskStub;
  /** The group's memory. @default an empty one */
  readonly memory?: InMemoryAccess;
  /** Where its tasks are kept. @default nowhere else */
  readonly tasks?: InMemoryTasks;
}

/** The sender, and the conversation. */
export interface TestMessageOptions {
  /** @default { id: 'ada', name: 'Ada' } */
  readonly user?: { readonly id: string; readonly name: string };
  /** @default one for each user */
  readonly conversationId?: string;
}

/** The outcome of a message. */
export interface TestAnswer extends Omit<TestContext, 'context' | 'stop' | 'memory'> {
  /** All replies, joined by line breaks. */
  readonly text: string;
  readonly messageId: string;
}

/** An agent under test: its memory and its conversation last from one message to the next. */
export interface TestAgent {
  /** Rejects with the agent's error. */
  send(text: string, options?: TestMessageOptions): Promise<TestAnswer>;
  /** Writes END, as a person does who leaves the agent's session. */
  end(options?: TestMessageOptions): Promise<TestAnswer>;
  /** Hands out the last message once more, as after a crash half-way: changes of memory must not be made twice. */
  redeliver(): Promise<TestAnswer>;
  readonly memory: InMemoryAccess;
}

/** @throws ZodError when the definition makes no valid profile */
export function testAgent(definition: AgentDefinition, options: TestAgentOptions = {}): TestAgent {
  const profile = profileOf(definition);
  const memory = options.memory ?? createInMemoryAccess();
  const agent = { id: profile.group, name: profile.name };
  const tasks = options.tasks ?? createInMemoryTasks({ group: profile.group });
  const said = new Map<string, ChatMessage[]>();
  const own = new Map<string, string>();
  let last: (() => Promise<TestAnswer>) | undefined;

  const conversationOf = (userId: string): string => {
    const id = own.get(userId) ?? newId();
    own.set(userId, id);
    return id;
  };
  const handle = async (
    text: string,
    isSessionEnd: boolean,
    { user = { id: 'ada', name: 'Ada' }, conversationId = conversationOf(user.id) }: TestMessageOptions,
  ): Promise<TestAnswer> => {
    const before = said.get(conversationId) ?? [];
    const messageId = newId();
    const deliver = async (): Promise<TestAnswer> => {
      const { ask } = options;
      const test = createTestContext(text, {
        user,
        agent,
        group: profile.group,
        history: before,
        memory,
        tasks,
        messageId,
        conversationId,
        ...(ask === undefined ? {} : { ask }),
      });
      const returned = await runHandler(definition, test.context, isSessionEnd, () => test.replies.length);
      if (returned !== undefined) await test.context.reply(returned);
      said.set(conversationId, [...before, test.context.message, ...repliesOf(test)]);
      const { replies, metadata, pieces, typing, asked, published } = test;
      return { replies, metadata, pieces, typing, asked, published, text: replies.join('\n'), messageId };
    };
    last = deliver;
    return deliver();
  };

  return {
    send: (text, more = {}) => handle(text, false, more),
    end: (more = {}) => handle('END', true, more),
    async redeliver() {
      if (last === undefined) throw new Error('there was no message yet');
      return last();
    },
    memory,
  };
}

function repliesOf({ context, replies }: TestContext): ChatMessage[] {
  return replies.map((text, index) => ({
    ...context.message,
    id: newId(),
    seq: context.message.seq + index + 1,
    kind: 'REPLY',
    sender: { kind: 'agent', ...context.agent },
    text,
    inReplyTo: context.message.id,
  }));
}
