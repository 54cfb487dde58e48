import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type AgentSession, newId, type ServerFrame } from '@parley/shared-models';
import { record, settled, startPair, until } from '../testing/start-pair.ts';

const HOUR_MS = 3_600_000;
const isoAt = (time: number): string => new Date(time).toISOString();

const sessionUntil = (expiresAt: number): AgentSession => ({
  agentId: 'finance',
  agentName: 'Finance',
  group: 'finance',
  since: isoAt(Date.now()),
  expiresAt: isoAt(expiresAt),
});
const frame = (conversationId: string, session: AgentSession | null): ServerFrame => ({
  type: 'session',
  conversationId,
  session,
});

describe('sessions', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are known by conversation, from frame to frame', async () => {
    const { client, peer } = await startPair();
    const [one, two] = [newId(), newId()];
    const seen = record(client, 'session');
    const session = sessionUntil(Date.now() + HOUR_MS);
    peer.send(frame(one, session));
    await settled(client, peer);
    const before = client.sessions;
    peer.send(frame(two, session));
    await settled(client, peer);
    expect([...client.sessions]).toEqual([
      [one, session],
      [two, session],
    ]);
    peer.send(frame(one, null));
    await settled(client, peer);
    expect([...client.sessions.keys()]).toEqual([two]);
    // An app may keep a map and compare it with the next one.
    expect(before.size).toBe(1);
    expect(seen).toEqual([frame(one, session), frame(two, session), frame(one, null)]);
  });

  it('end by themselves when their time is over', async () => {
    const { client, peer } = await startPair();
    const conversationId = newId();
    const isOver = until(client, 'session', ({ session }) => session === null);
    peer.send(frame(conversationId, sessionUntil(Date.now() + 50)));
    expect(await isOver).toEqual(frame(conversationId, null));
    expect(client.sessions.size).toBe(0);
  });

  it("end by the server's clock, however wrong the one here is", async () => {
    const serverTime = Date.now() + HOUR_MS;
    const { client, peer } = await startPair({}, { serverTime: isoAt(serverTime) });
    const [gone, there] = [newId(), newId()];
    const isOver = until(client, 'session', ({ session }) => session === null);
    peer.send(
      frame(there, sessionUntil(serverTime + HOUR_MS)),
      // In the future by the clock here, but in the past by the server's clock.
      frame(gone, sessionUntil(serverTime - 1)),
    );
    expect((await isOver).conversationId).toBe(gone);
    expect([...client.sessions.keys()]).toEqual([there]);
  });

  it('live longer by each message', async () => {
    // Only timers are fake: sockets need the rest.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
    const { client, peer } = await startPair();
    const conversationId = newId();
    const seen = record(client, 'session');
    const longer = sessionUntil(Date.now() + HOUR_MS);
    peer.send(frame(conversationId, sessionUntil(Date.now() + 50)), frame(conversationId, longer));
    const marker = newId();
    peer.send(frame(marker, sessionUntil(Date.now() + 200)));
    await settled(client, peer);
    jest.advanceTimersByTime(1000);
    expect(client.sessions.has(marker)).toBe(false);
    expect(client.sessions.get(conversationId)).toEqual(longer);
    expect(seen.filter((told) => told.conversationId === conversationId && told.session === null)).toEqual(
      [],
    );
  });

  it('are forgotten with the conversation that one leaves', async () => {
    const { client, peer } = await startPair();
    const conversationId = newId();
    client.open(conversationId);
    peer.send(frame(conversationId, sessionUntil(Date.now() + HOUR_MS)));
    await settled(client, peer);
    client.leave(conversationId);
    expect(client.sessions.size).toBe(0);
  });
});
