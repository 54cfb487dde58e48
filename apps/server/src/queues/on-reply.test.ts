import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@parley/messaging';
import { HEADERS, newId, type ReplyBody } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../testing/server-fixture.ts';
import { onReply } from './on-reply.ts';

describe('a reply from a process that was replaced meanwhile', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  /** A message that the agent's first process had; a second one has registered since. */
  async function requestOfReplaced(agentId: string, { isSameProcess = false } = {}) {
    const instanceId = newId();
    const incarnation = await fixture.register(agentId, instanceId);
    const request = await fixture.accept('order 1 laptop');
    await fixture.store.recordRouting(
      request.id,
      0,
      { agentId, agentName: agentId, strategy: 'target', confidence: 1, reason: 'asked for', candidates: [] },
      [],
    );
    await fixture.services.agents.register({
      agentId,
      isExclusive: true,
      instanceId: isSameProcess ? instanceId : newId(),
      profile: fixture.services.agents.require(agentId).profile,
    });
    const envelope = (headers: Envelope['headers'], claims: Partial<ReplyBody> = {}): Envelope => {
      const body: ReplyBody = {
        id: newId(),
        conversationId: request.conversationId,
        kind: 'REPLY',
        sender: { kind: 'agent', id: agentId, name: agentId },
        text: 'Order created.',
        inReplyTo: request.id,
        createdAt: new Date().toISOString(),
        ...claims,
      };
      return {
        messageId: body.id,
        correlationId: request.id,
        type: 'chat.reply',
        timestamp: Date.now(),
        headers: { [HEADERS.sender]: `agent:${agentId}`, [HEADERS.incarnation]: incarnation, ...headers },
        body: Buffer.from(JSON.stringify(body)),
      };
    };
    return { request, envelope };
  }
  const stored = (id: string) => fixture.store.getMessage(id);

  it('is refused when it answers the message, which is routed again', async () => {
    const { request, envelope } = await requestOfReplaced('planner');
    const reply = envelope({});
    await onReply(reply, fixture.services);
    expect(await stored(reply.messageId)).toBeUndefined();
    expect((await stored(request.id))?.status?.status).toBe('accepted');
  });

  it('is taken when that is the same process, which has only registered again', async () => {
    const { request, envelope } = await requestOfReplaced('planner', { isSameProcess: true });
    await onReply(envelope({}), fixture.services);
    expect((await stored(request.id))?.status?.status).toBe('answered');
  });

  it('has the name of the registration and is no word of Parley, whatever its agent says it is', async () => {
    const { request, envelope } = await requestOfReplaced('planner', { isSameProcess: true });
    const sender = { kind: 'agent', id: 'planner', name: 'Somebody else' } as const;
    const reply = envelope({}, { kind: 'SYSTEM', sender });
    await onReply(reply, fixture.services);
    expect(await stored(reply.messageId)).toMatchObject({
      message: { kind: 'REPLY', sender: { kind: 'agent', id: 'planner', name: 'planner' } },
    });
    expect((await stored(request.id))?.status?.status).toBe('answered');
  });

  it('is kept when it follows from an event or a task: nobody would say it again', async () => {
    const { request, envelope } = await requestOfReplaced('planner');
    const saying = envelope({ [HEADERS.causation]: newId() });
    await onReply(saying, fixture.services);
    expect(await stored(saying.messageId)).toMatchObject({ message: { text: 'Order created.' } });
    expect((await stored(request.id))?.status?.status).toBe('routed');
  });
});
