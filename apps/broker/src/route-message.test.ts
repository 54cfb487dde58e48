import { describe, expect, it } from '@jest/globals';
import { type Envelope, Reject } from '@parley/messaging';
import { decodeRouting, deriveId, encodeTarget, Failure, HEADERS, parseHops } from '@parley/shared-models';
import { type RoutingContext, routeMessage } from './route-message.ts';
import { agent, messageEnvelope, parsed } from './testing/messages.ts';

const finance = agent('finance', { keywords: ['budget'] });
const context = (...agents: ReturnType<typeof agent>[]): RoutingContext => ({
  agents: () => agents,
  recentlyAssigned: () => 0,
  offlineForMs: () => 60_000,
  graceMs: 15_000,
});
const routingOf = (envelope: Envelope) => decodeRouting(String(envelope.headers[HEADERS.routing]));

describe('a message for somebody', () => {
  it('gets receiver, decision and hop in its headers; all else stays as it was', () => {
    const envelope = messageEnvelope('my budget', {
      headers: { traceparent: '00-a-b-01', [HEADERS.attempt]: 2 },
    });
    const routed = routeMessage(envelope, context(agent('echo'), finance));
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
    const routed = routeMessage(envelope, context(agent('echo'), finance));
    expect(routingOf(routed)).toMatchObject({ agentId: 'finance', strategy: 'target' });
    expect(routed.body).toBe(envelope.body);
  });
});

describe('a message that nobody can answer', () => {
  it('becomes a failure that says why, for the same request', () => {
    const headers = { [HEADERS.target]: encodeTarget({ agentId: 'zeus' }), [HEADERS.attempt]: 1 };
    const envelope = messageEnvelope('hello', { headers });
    const failed = routeMessage(envelope, context(finance));
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
      return routeMessage(again, context()).messageId;
    });
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });
});

describe('what is no message', () => {
  it.each([
    ['a body that is no JSON', { body: Buffer.from('{ no JSON') }],
    ['a body without text', { body: Buffer.from('{}') }],
    ['a target that is no JSON', { headers: { [HEADERS.target]: 'finance' } }],
    ['a target of the wrong shape', { headers: { [HEADERS.target]: '{"agentId":7}' } }],
    ['two targets', { headers: { [HEADERS.target]: '{"agentId":"a","group":"b"}' } }],
  ])('is rejected: %s', (_what, more) => {
    expect(() => routeMessage(messageEnvelope('hello', more), context(finance))).toThrow(Reject);
    expect(() => routeMessage(messageEnvelope('hello', more), context(finance))).toThrow(
      expect.objectContaining({ reason: 'malformed_message' }),
    );
  });
});
