import { describe, expect, it } from '@jest/globals';
import { type MessageStatus, newId } from '@parley/shared-models';
import { workText } from './work-text.ts';

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

  it('says who is typing', () => {
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
