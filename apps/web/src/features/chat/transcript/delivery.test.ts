import { describe, expect, it } from '@jest/globals';
import { type MessageState, type MessageStatus, newId } from '@parley/shared-models';
import { deliveryOf, deliveryOfUnsent, workText } from './delivery.ts';

const status = (state: MessageState, more: Partial<MessageStatus> = {}): MessageStatus => ({
  messageId: newId(),
  conversationId: newId(),
  status: state,
  hops: [],
  ...more,
});
const routing = {
  agentId: 'hr',
  agentName: 'HR',
  strategy: 'keywords',
  confidence: 0.9,
  reason: 'r',
  candidates: [],
} as const;

describe('deliveryOf', () => {
  it('names the agent once it is known', () => {
    const known = { routing: { ...routing, candidates: [] } };
    expect(deliveryOf(status('routed', known), false)).toEqual({ state: 'routed', label: 'Routed to HR' });
    expect(deliveryOf(status('delivered', known), false).label).toBe('Delivered to HR');
    expect(deliveryOf(status('answered', known), true).label).toBe('Answered by HR');
  });

  it('takes a message with a reply as answered before its status says so', () => {
    expect(deliveryOf(status('delivered'), true).state).toBe('answered');
    expect(deliveryOf(undefined, true).state).toBe('answered');
  });

  it('says why a message failed, even when a part of a reply came', () => {
    const error = { code: 'agent_failed', message: 'HR threw.' };
    expect(deliveryOf(status('failed', { error }), true)).toEqual({
      state: 'failed',
      label: 'Failed: HR threw.',
    });
    expect(deliveryOf(status('dead_lettered'), false).label).toContain('no reason was given');
  });

  it('does not call it a failure when the person stopped the answer', () => {
    const error = { code: 'cancelled', message: 'You stopped the answer.' };
    expect(deliveryOf(status('failed', { error }), false).state).toBe('stopped');
  });
});

describe('deliveryOfUnsent', () => {
  const item = { id: newId(), conversationId: newId(), text: 't', state: 'sending' } as const;

  it('distinguishes a message on its way from a waiting one', () => {
    expect(deliveryOfUnsent(item, true).state).toBe('sending');
    expect(deliveryOfUnsent({ ...item, state: 'queued' }, true).label).toBe(
      'Waits for the message before it',
    );
    expect(deliveryOfUnsent({ ...item, state: 'queued' }, false).label).toBe(
      'Kept here, sent when connected',
    );
  });

  it('says why it is tried again', () => {
    const lastError = { code: 'rate_limited', message: 'Too many.' } as const;
    expect(deliveryOfUnsent({ ...item, lastError }, true).label).toBe('Trying again: Too many.');
  });
});

const routed: MessageStatus = {
  messageId: newId(),
  conversationId: newId(),
  status: 'delivered',
  hops: [],
  routing: { agentId: 'hr', agentName: 'HR', strategy: 'target', confidence: 1, reason: 'r', candidates: [] },
};

describe('workText', () => {
  it('says that the agent is chosen as long as it is not known', () => {
    expect(workText(undefined, undefined, true)).toEqual({ text: 'Choosing an agent', isMoving: true });
  });

  it('names the typing agent', () => {
    expect(workText(routed, 'online', true).text).toBe('HR is typing');
    expect(workText(routed, 'online', false)).toEqual({ text: 'HR has the message', isMoving: true });
  });

  it('does not pretend that a paused or offline agent works', () => {
    expect(workText(routed, 'paused', false)).toEqual({
      text: 'HR is paused; the message waits for it',
      isMoving: false,
    });
    expect(workText(routed, 'offline', false).isMoving).toBe(false);
  });
});
