import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeadLetter, MessagePage, newId } from '@parley/shared-models';
import { z } from 'zod';
import type { LogLine } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const file = path.join(import.meta.dirname, 'agents/fragile-agent.ts');

describe.each(SYSTEM_KINDS)('a message that its agent cannot handle, with $kind', (kind) => {
  let system: ParleySystem;
  let client: RawClient;

  beforeAll(async () => {
    system = await startSystem({ ...kind, agents: [{ file, id: 'fragile' }] });
    client = await connectRaw(system.webSocketUrl);
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const lettersOf = async (messageId: string): Promise<DeadLetter[]> => {
    const response = await fetch(`${system.url}/api/dead-letters`);
    const { deadLetters } = z.object({ deadLetters: z.array(DeadLetter) }).parse(await response.json());
    return deadLetters.filter((letter) => letter.messageId === messageId);
  };
  const onlyLetterOf = async (messageId: string): Promise<DeadLetter> => {
    const [letter, ...others] = await lettersOf(messageId);
    if (letter === undefined || others.length > 0) throw new Error(`${1 + others.length} dead letters`);
    return letter;
  };
  const replay = (letter: DeadLetter): Promise<Response> =>
    fetch(`${system.url}/api/dead-letters/${letter.id}/replay`, { method: 'POST' });
  const discard = (letter: DeadLetter): Promise<Response> =>
    fetch(`${system.url}/api/dead-letters/${letter.id}`, { method: 'DELETE' });
  const inspect = async (letter: DeadLetter): Promise<DeadLetter> =>
    DeadLetter.parse(await (await fetch(`${system.url}/api/dead-letters/${letter.id}`)).json());
  const buried = async (text: string): Promise<string> => {
    const id = sendText(client, text, { conversationId: newId() });
    await client.received(
      'message.status',
      (frame) => frame.messageId === id && frame.status === 'dead_lettered',
    );
    // A state is told at once, a message perhaps only when the server has read what came before it.
    await client.received('message', ({ message }) => message.inReplyTo === id);
    return id;
  };
  const answersTo = (id: string) =>
    client.frames.flatMap((frame) =>
      frame.type === 'message' && frame.message.inReplyTo === id ? [frame.message] : [],
    );

  it('is kept with the reason, its way and its body, and its sender learns why', async () => {
    const id = await buried('first page');
    const letter = await onlyLetterOf(id);
    expect(letter).toMatchObject({
      queue: 'agent_queue_fragile',
      reason: 'agent_failed',
      message: 'Fragile failed: the plan has no second page',
      type: 'chat.message',
      state: 'dead',
      isBase64: false,
    });
    expect(JSON.parse(letter.body)).toMatchObject({ id, text: 'first page' });
    expect(String(letter.headers.hops)).toMatch(/server.*broker.*server/s);
    expect(await inspect(letter)).toEqual(letter);
    expect(answersTo(id)).toMatchObject([
      { kind: 'ERROR', text: expect.stringContaining('the plan has no second page') },
    ]);
  });

  it('can be discarded, once, and is then neither replayed nor lost from sight', async () => {
    const letter = await onlyLetterOf(await buried('for the bin'));
    expect((await discard(letter)).status).toBe(200);
    expect((await inspect(letter)).state).toBe('discarded');
    for (const response of [await discard(letter), await replay(letter)]) {
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: 'id_conflict' });
    }
  });

  it('dies again when it is replayed and nothing was mended, and is answered once when it was', async () => {
    const id = await buried('second page');
    const first = await onlyLetterOf(id);
    expect((await replay(first)).status).toBe(200);
    const isDeath = (line: LogLine): boolean => line.msg.startsWith('dead letter') && line.messageId === id;
    await system.server.logged((line) => isDeath(line) && line !== system.server.log.find(isDeath));
    const letters = await lettersOf(id);
    const second = letters.find((letter) => letter.id !== first.id);
    if (second === undefined) throw new Error('the second death made no letter');
    expect((await inspect(first)).state).toBe('replayed');

    expect(await system.agents[0]?.terminate()).toBe(0);
    await system.startAgent({ file, id: 'fragile', env: { MENDED: 'yes' } });
    // Twice at once: an operator who clicked twice.
    const replies = await Promise.all([replay(second), replay(second)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
    await client.received('message.status', (frame) => frame.messageId === id && frame.status === 'answered');
    await client.received('message', ({ message }) => message.inReplyTo === id && message.kind === 'REPLY');
    expect((await replay(second)).status).toBe(409);
    // Whatever is still on its way would come before the answer to what is sent now.
    const mark = sendText(client, 'a mark', { target: { agentId: 'fragile' } });
    await client.received(
      'message.status',
      (frame) => frame.messageId === mark && frame.status === 'answered',
    );
    const answers = answersTo(id);
    expect(answers.filter(({ kind: of }) => of === 'REPLY').map(({ text }) => text)).toEqual([
      'mended: second page',
    ]);
    const page = await fetch(`${system.url}/api/conversations/${answers[0]?.conversationId}/messages`);
    const stored = MessagePage.parse(await page.json());
    expect(stored.messages.filter((message) => message.kind === 'REPLY')).toHaveLength(1);
    expect(stored.statuses).toMatchObject([{ messageId: id, status: 'answered' }]);
  });
});
