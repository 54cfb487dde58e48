import { describe, expect, it } from '@jest/globals';
import { type Envelope, Reject } from '@parley/messaging';
import { createIntentScorer } from '@parley/routing';
import {
  decodeRouting,
  deriveId,
  encodeSessionHint,
  encodeTarget,
  Failure,
  HEADERS,
  parseHops,
} from '@parley/shared-models';
import { agent, messageEnvelope, parsed } from '../testing/messages.ts';
import { type RoutingContext, routeMessage } from './route-message.ts';

const finance = agent('finance', { keywords: ['budget'] });
const context = (...agents: ReturnType<typeof agent>[]): RoutingContext => ({
  agents: () => agents,
  recentlyAssigned: () => 0,
  offlineForMs: () => 60_000,
  graceMs: 15_000,
  scoreIntent: createIntentScorer(),
});
const forwardedOf = (...question: Parameters<typeof routeMessage>): Envelope =>
  routeMessage(...question).forwarded;
const routingOf = (envelope: Envelope) => decodeRouting(String(envelope.headers[HEADERS.routing]));

describe('a message for somebody', () => {
  it('gets receiver, decision and hop in its headers; all else stays as it was', () => {
    const envelope = messageEnvelope('my budget', {
      headers: { traceparent: '00-a-b-01', [HEADERS.attempt]: 2 },
    });
    const routed = forwardedOf(envelope, context(agent('echo'), finance));
    const { headers, ...rest } = routed;
    expect(rest).toEqual({
      messageId: envelope.messageId,
      correlationId: envelope.messageId,
      type: 'chat.message',
      timestamp: 1,
      body: envelope.body,
    });
    expect(headers).toMatchObject({ ...envelope.headers, [HEADERS.hops]: expect.any(String) });
    expect(headers[HEADERS.receiver]).toBe('agent:finance');
    expect(routingOf(routed)).toMatchObject({ agentId: 'finance', strategy: 'keywords' });
    expect(parseHops(String(headers[HEADERS.hops])).map(({ service }) => service)).toEqual([
      'server',
      'broker',
    ]);
  });

  it('is decided by its headers when it names its agent: the body is not parsed', () => {
    const headers = { [HEADERS.target]: encodeTarget({ agentName: 'finance' }) };
    const envelope = messageEnvelope('', { headers, body: Buffer.from('{ no JSON') });
    const routed = forwardedOf(envelope, context(agent('echo'), finance));
    expect(routingOf(routed)).toMatchObject({ agentId: 'finance', strategy: 'target' });
    expect(routed.body).toBe(envelope.body);
  });
});

describe('a message of a conversation that an agent holds', () => {
  const session = { agentId: 'echo', agentName: 'echo', group: 'echo', isHeld: true, isEnding: false };
  const headers = { [HEADERS.session]: encodeSessionHint(session) };

  it('stays with the agent, unless it mentions another', () => {
    const agents = context(agent('echo'), finance);
    const stays = forwardedOf(messageEnvelope('my budget', { headers }), agents);
    expect(routingOf(stays)).toMatchObject({ agentId: 'echo', strategy: 'session' });
    const moves = forwardedOf(messageEnvelope('@finance my budget', { headers }), agents);
    expect(routingOf(moves)).toMatchObject({ agentId: 'finance', strategy: 'mention' });
  });

  it('is known by its header to end the session: the body is not parsed', () => {
    const ending = { [HEADERS.session]: encodeSessionHint({ ...session, isEnding: true }) };
    const envelope = messageEnvelope('', { headers: ending, body: Buffer.from('{ no JSON') });
    expect(routingOf(forwardedOf(envelope, context(agent('echo'))))).toMatchObject({ strategy: 'session' });
  });
});

describe('a message that the scorers are not sure about', () => {
  const agents = context(agent('echo', { keywords: ['echo'] }), finance);

  it('tells its text, for a language model', () => {
    const { openText, forwarded } = routeMessage(messageEnvelope('Where does it all go?'), agents);
    expect(openText).toBe('Where does it all go?');
    expect(Failure.parse(parsed(forwarded))).toMatchObject({ code: 'no_agent_fits' });
    expect(routeMessage(messageEnvelope('my budget'), agents).openText).toBeUndefined();
  });

  it('goes to whom the model chose', () => {
    const choice = { group: 'finance', confidence: 0.7, model: 'Mistral' };
    const { openText, forwarded } = routeMessage(messageEnvelope('Where does it all go?'), agents, choice);
    expect(openText).toBeUndefined();
    expect(routingOf(forwarded)).toMatchObject({ agentId: 'finance', strategy: 'language-model' });
  });
});

describe('a message that nobody can answer', () => {
  it('becomes a failure that says why, for the same request', () => {
    const headers = { [HEADERS.target]: encodeTarget({ agentId: 'zeus' }), [HEADERS.attempt]: 1 };
    const envelope = messageEnvelope('hello', { headers });
    const failed = forwardedOf(envelope, context(finance));
    expect(failed).toMatchObject({
      messageId: deriveId(envelope.messageId, 'unroutable', 1),
      correlationId: envelope.messageId,
      type: 'chat.failed',
      headers: { [HEADERS.sender]: 'system:broker', [HEADERS.attempt]: 1 },
    });
    expect(Failure.parse(parsed(failed))).toEqual({
      requestId: envelope.messageId,
      code: 'unknown_agent',
      message: 'There is no agent “zeus”. Online: finance.',
    });
  });

  it('gets the same id for the failure when it is decided again, and another one in the next attempt', () => {
    const envelope = messageEnvelope('hello');
    const ids = [0, 0, 1].map((attempt) => {
      const again = { ...envelope, headers: { ...envelope.headers, [HEADERS.attempt]: attempt } };
      return forwardedOf(again, context()).messageId;
    });
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });
});

describe('a malformed message', () => {
  it.each([
    ['a body that is no JSON', { body: Buffer.from('{ no JSON') }],
    ['a body without text', { body: Buffer.from('{}') }],
    ['a target that is no JSON', { headers: { [HEADERS.target]: 'finance' } }],
    ['a target of the wrong shape', { headers: { [HEADERS.target]: '{"agentId":7}' } }],
    ['a session hint of the wrong shape', { headers: { [HEADERS.session]: '{"agentId":"a"}' } }],
    ['two targets', { headers: { [HEADERS.target]: '{"agentId":"a","group":"b"}' } }],
  ])('is rejected: %s', (_what, more) => {
    expect(() => routeMessage(messageEnvelope('hello', more), context(finance))).toThrow(Reject);
    expect(() => routeMessage(messageEnvelope('hello', more), context(finance))).toThrow(
      expect.objectContaining({ reason: 'malformed_message' }),
    );
  });
});
