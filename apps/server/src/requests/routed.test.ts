import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Envelope, Reject } from '@parley/messaging';
import { eventually } from '@parley/messaging/test-queue';
import type { Routed } from '@parley/requests';
import { aDecision, hops } from '@parley/requests/testing';
import {
  AgentProfile,
  agentQueue,
  BROKER_INPUT_QUEUE,
  CAPABILITIES,
  type ChatMessage,
  encodeRouting,
  encodeSessionHint,
  formatHops,
  HEADERS,
  parseHops,
  type SessionHint,
} from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createTestReader } from '../../testing/test-reader.ts';
import type { ProfileLookup } from '../agents/profile-lookup.ts';
import { chatEnvelope } from '../outbox/relay.ts';
import { onRouted } from './server-input-queue.ts';

const AGENT = 'finance-2';

let fixture: ServicesFixture;
let request: ChatMessage;
beforeEach(async () => {
  fixture = await makeServices();
  request = await fixture.accept('hello');
});
afterEach(() => fixture.remove());

const profileWith = (...capabilities: string[]): AgentProfile =>
  AgentProfile.parse({ name: 'Finance', group: 'finance', capabilities });
const holds: ProfileLookup = async () => profileWith(CAPABILITIES.holdsSession);
const passes: ProfileLookup = async () => profileWith();

/** The message as a broker hands it on. */
function fromBroker(headers: Envelope['headers'] = {}): Envelope {
  const envelope = chatEnvelope({ message: request, attempt: 0 });
  const routing = encodeRouting({ ...aDecision(AGENT), agentName: 'Finance' });
  return { ...envelope, headers: { ...envelope.headers, [HEADERS.routing]: routing, ...headers } };
}
const route = (envelope: Envelope, services = fixture.services, profileOf = passes) =>
  onRouted(envelope, services, { profileOf, sessionTtlMs: 1000 });

/** The messages in the queue, now and later. */
async function taken(queue: Parameters<typeof fixture.bus.consume>[0]): Promise<readonly Envelope[]> {
  const envelopes: Envelope[] = [];
  await fixture.bus.consume(queue, async ({ envelope }) => void envelopes.push(envelope), { prefetch: 1 });
  return envelopes;
}
const states = (): { readonly seen: readonly string[]; stop(): void } => {
  const seen: string[] = [];
  const subscription = fixture.services.hub.follow({
    conversationId: request.conversationId,
    afterSeq: 0,
    onFrame: ({ frame }) => void (frame.type === 'message.status' && seen.push(frame.status)),
  });
  return { seen, stop: subscription.stop };
};

describe('what a conversation has to know of the chosen agent', () => {
  const hint = (fields: Partial<SessionHint> = {}): SessionHint => ({
    agentId: AGENT,
    agentName: 'Finance',
    group: 'finance',
    isHeld: true,
    isEnding: false,
    ...fields,
  });
  const chosen = (holdsSession: boolean) => ({ group: 'finance', holdsSession, sessionTtlMs: 1000 });

  it.each([
    ['whether it holds sessions', undefined, holds, chosen(true)],
    ['that it holds none', undefined, passes, chosen(false)],
    ['that another instance goes on', hint({ agentId: 'finance' }), holds, chosen(true)],
    ['that it is called otherwise now', hint({ agentName: 'Money' }), holds, chosen(true)],
    ['that it holds sessions now', hint({ isHeld: false }), holds, chosen(true)],
    ['that an agent which holds none was asked in between', hint({ agentId: 'hr' }), passes, chosen(false)],
    ['nothing where the agent goes on with its session', hint(), holds, undefined],
    ['nothing where the agent goes on without one', hint({ isHeld: false }), passes, undefined],
    ['nothing of the agent that gets END', hint({ agentId: 'finance', isEnding: true }), holds, undefined],
    ['nothing of an agent that is not known', undefined, async () => undefined, undefined],
  ] as const)('is %s', async (_, given, profileOf, expected) => {
    const { services, store } = fixture;
    await fixture.register(AGENT);
    const events: Routed[] = [];
    const noting: typeof store = {
      ...store,
      apply(event) {
        if (event.type === 'routed') events.push(event);
        return store.apply(event);
      },
    };
    const headers = given === undefined ? {} : { [HEADERS.session]: encodeSessionHint(given) };
    await route(fromBroker(headers), { ...services, store: noting }, profileOf);
    expect(events.map((event) => event.chosen)).toEqual([expected]);
  });
});

describe('a message that the broker gave to an agent', () => {
  it('goes to its queue with where it was and for which process of it', async () => {
    await fixture.register(AGENT);
    const incarnation = await fixture.register(AGENT);
    const queue = await taken(agentQueue(AGENT));
    const envelope = fromBroker({ [HEADERS.hops]: formatHops(hops('server', 'broker')) });
    await route(envelope);
    await eventually(() => expect(queue).toHaveLength(1));
    expect(queue[0]).toMatchObject({
      messageId: request.id,
      headers: { [HEADERS.receiver]: `agent:${AGENT}`, [HEADERS.incarnation]: incarnation },
    });
    // No agent reads it.
    expect(queue[0]?.headers).not.toHaveProperty(HEADERS.routing);
    const passed = parseHops(String(queue[0]?.headers[HEADERS.hops]));
    expect(passed.map(({ service }) => service)).toEqual(['server', 'broker', 'server']);
    expect(queue[0]?.body).toEqual(envelope.body);
    expect((await fixture.store.getMessage(request.id))?.status).toMatchObject({
      status: 'routed',
      hops: passed,
    });
  });

  it('goes to the same agent when it comes again, whatever was decided since', async () => {
    for (const agentId of [AGENT, 'hr']) await fixture.register(agentId);
    const queue = await taken(agentQueue(AGENT));
    await route(fromBroker());
    await route(fromBroker({ [HEADERS.routing]: encodeRouting(aDecision('hr')) }));
    await eventually(() => expect(queue).toHaveLength(2));
    expect(queue.map(({ headers }) => headers[HEADERS.receiver])).toEqual([
      `agent:${AGENT}`,
      `agent:${AGENT}`,
    ]);
    const status = (await fixture.store.getMessage(request.id))?.status;
    expect(status).toMatchObject({ status: 'routed', routing: { agentId: AGENT } });
  });

  it('is routed again where the agent has no queue any more, and is told to be with none', async () => {
    const broker = await taken(BROKER_INPUT_QUEUE);
    const told = states();
    await route(fromBroker());
    await eventually(() => expect(broker).toMatchObject([{ headers: { [HEADERS.attempt]: 1 } }]));
    expect((await fixture.store.getMessage(request.id))?.status?.status).toBe('accepted');
    expect(told.seen).toEqual([]);
    told.stop();
  });

  it('goes nowhere once its request has ended', async () => {
    await fixture.register(AGENT);
    await fixture.store.apply({ type: 'stopped', requestId: request.id });
    const reader = createTestReader();
    reader.follow(fixture.services.hub, request.conversationId);
    await reader.status(request.id, 'failed');
    const told = states();
    await route(fromBroker());
    const depth = (await fixture.bus.depths()).find(({ name }) => name === agentQueue(AGENT));
    expect((depth?.ready ?? 0) + (depth?.unacknowledged ?? 0)).toBe(0);
    expect(told.seen).not.toContain('delivered');
    told.stop();
  });

  it.each([
    ['without a decision', HEADERS.routing, undefined, 'the header "routing" is missing'],
    ['with a decision that cannot be read', HEADERS.routing, '{', 'the header "routing" is malformed'],
    ['with a session that cannot be read', HEADERS.session, '{', 'the header "session" is malformed'],
    [
      'with an attempt that is no number',
      HEADERS.attempt,
      'two',
      'the header "attempt" is not a whole number',
    ],
  ])('is rejected %s', async (_, name, value, message) => {
    const { headers, ...envelope } = fromBroker();
    const { [name]: _dropped, ...rest } = headers;
    const wrong = { ...envelope, headers: value === undefined ? rest : { ...rest, [name]: value } };
    const routing = route(wrong);
    await expect(routing).rejects.toBeInstanceOf(Reject);
    await expect(routing).rejects.toThrow(message);
  });
});
