import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { CAPABILITIES, newId } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createTestReader } from '../../testing/test-reader.ts';
import { createSessionGate, type SessionGate } from './session-gate.ts';

describe('the gate of a conversation', () => {
  let fixture: ServicesFixture;
  let gate: SessionGate;
  beforeEach(async () => {
    fixture = await makeServices();
    gate = createSessionGate(fixture.services.agents);
  });
  afterEach(async () => {
    gate.stop();
    await fixture.remove();
  });

  const registerHolder = (): Promise<unknown> =>
    fixture.services.agents.register({
      agentId: 'finance',
      isExclusive: true,
      instanceId: newId(),
      profile: {
        name: 'Finance',
        group: 'finance',
        description: '',
        capabilities: [CAPABILITIES.holdsSession],
        keywords: [],
        examples: [],
        concurrency: 1,
      },
    });
  /** Whether the promise has resolved once everything that was ready to run has run. */
  const isOpen = async (promise: Promise<unknown>): Promise<boolean> => {
    const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
    return Promise.race([promise.then(() => true), turn]);
  };

  it('lets the next message in when it is decided about the one before, in the order of the calls', async () => {
    await registerHolder();
    const conversationId = newId();
    const [first, second] = [newId(), newId()];
    (await gate.enter(conversationId)).hold(first);
    const entered: number[] = [];
    const [next, last] = [2, 3].map(async (number) => {
      const pass = await gate.enter(conversationId);
      entered.push(number);
      return pass;
    });
    gate.settled(newId());
    expect(await isOpen(next ?? Promise.resolve())).toBe(false);
    gate.settled(first);
    (await next)?.hold(second);
    expect(await isOpen(last ?? Promise.resolve())).toBe(false);
    gate.settled(second);
    (await last)?.done();
    expect(entered).toEqual([2, 3]);
  });

  it('is open for one that need not be waited for, and for other conversations', async () => {
    await registerHolder();
    const conversationId = newId();
    (await gate.enter(conversationId)).hold(newId());
    expect(await isOpen(gate.enter(newId()))).toBe(true);
    const other = newId();
    (await gate.enter(other)).done();
    expect(await isOpen(gate.enter(other))).toBe(true);
  });

  it('is open where no agent holds sessions', async () => {
    await fixture.register('echo');
    const conversationId = newId();
    (await gate.enter(conversationId)).hold(newId());
    expect(await isOpen(gate.enter(conversationId))).toBe(true);
    await registerHolder();
    (await gate.enter(conversationId)).hold(newId());
    expect(await isOpen(gate.enter(conversationId))).toBe(false);
  });

  it('keeps nobody waiting for long, and nobody else while nothing is decided', async () => {
    await registerHolder();
    const [conversationId, stuck, late] = [newId(), newId(), newId()];
    (await gate.enter(conversationId)).hold(stuck);
    // Nothing is ever decided about it: the broker is away.
    (await gate.enter(conversationId)).hold(late);
    expect(await isOpen(gate.enter(conversationId))).toBe(true);
    // It is back.
    gate.settled(late);
    (await gate.enter(conversationId)).hold(newId());
    expect(await isOpen(gate.enter(conversationId))).toBe(false);
  });

  it('lets everybody go when the server stops', async () => {
    await registerHolder();
    const conversationId = newId();
    (await gate.enter(conversationId)).hold(newId());
    const waiting = gate.enter(conversationId);
    gate.stop();
    (await waiting).done();
  });

  it('opens when another server stored the answer, whose status this one may have missed', async () => {
    await registerHolder();
    const { hub, sessionGate } = fixture.services;
    const message = await fixture.accept('my budget');
    const { conversationId } = message;
    createTestReader().follow(hub, conversationId, 1);
    (await sessionGate.enter(conversationId)).hold(message.id);
    const next = sessionGate.enter(conversationId);
    const answer = { ...message, id: newId(), seq: 2, kind: 'REPLY', inReplyTo: message.id } as const;
    const frame = { type: 'message', message: answer } as const;
    const body = Buffer.from(JSON.stringify({ serverId: newId(), frame }));
    await eventually(async () => {
      // Again until this server has heard of the conversation.
      fixture.bus.signal({ type: 'frame', key: conversationId, body });
      expect(await isOpen(next)).toBe(true);
    });
    // Not because nobody waits any more.
    const other = newId();
    (await sessionGate.enter(other)).hold(newId());
    expect(await isOpen(sessionGate.enter(other))).toBe(false);
  });
});
