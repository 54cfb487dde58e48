import { describe, expect, it } from '@jest/globals';
import type { AgentServices } from '@parley/control-plane';
import { STEP_RESULT, type StepRecord } from '@parley/durable-tasks';
import { createLogger } from '@parley/process-kit';
import { type ChatMessage, newId, ParleyError } from '@parley/shared-models';
import { attemptStep } from './attempt-step.ts';

const HOUR_MS = 3_600_000;
const silence = new ParleyError('agent_timeout', 'There was no reply within 600000 ms.');
const reply: ChatMessage = {
  id: newId(),
  conversationId: newId(),
  seq: 2,
  kind: 'REPLY',
  sender: { kind: 'agent', id: 'executor-2', name: 'Executor' },
  text: '',
  createdAt: new Date().toISOString(),
  metadata: { [STEP_RESULT]: 7 },
};

/** An attempt that began so long ago, with the outcome of each wait for it, one after the other. */
async function attempted(beganMsAgo: number, outcomes: (ChatMessage | ParleyError)[]) {
  const asked: number[] = [];
  const stopped: number[] = [];
  const services: Pick<AgentServices, 'runStep'> = {
    async runStep({ attempt, isCancellation }) {
      if (isCancellation) {
        stopped.push(attempt);
        return undefined;
      }
      asked.push(attempt);
      const outcome = outcomes.shift();
      if (outcome === undefined || outcome instanceof ParleyError)
        throw outcome ?? new Error('asked too often');
      return outcome;
    },
  };
  const step: StepRecord = {
    ...{ id: 'a', title: 'Do a', kind: 'step', round: 1, group: 'executor', dependsOn: [] },
    ...{ timeoutMs: 60_000, maxAttempts: 3, retryMs: 1000, state: 'running', attempt: 2 },
    startedAt: new Date(Date.now() - beganMsAgo).toISOString(),
  };
  const event = await attemptStep({
    services,
    lease: { id: newId(), token: 1 },
    step,
    signal: new AbortController().signal,
    logger: createLogger('test', 'silent'),
  });
  return { event, asked, stopped };
}

describe('an attempt at a step', () => {
  it('is joined again while it is silent, as in a full queue, and uses up nothing', async () => {
    const { event, asked, stopped } = await attempted(3 * HOUR_MS, [silence, silence, silence, reply]);
    expect(event).toEqual({ type: 'done', stepId: 'a', attempt: 2, result: 7, agentId: 'executor-2' });
    expect(asked).toEqual([2, 2, 2, 2]);
    expect(stopped).toEqual([]);
  });

  it('is stopped, and has failed, when it was silent for a day', async () => {
    const { event, asked, stopped } = await attempted(24 * HOUR_MS, [silence]);
    expect(event).toMatchObject({
      type: 'failed',
      attempt: 2,
      error: { code: 'agent_timeout' },
      canRetry: true,
    });
    expect([asked, stopped]).toEqual([[2], [2]]);
  });

  it('has failed when the agent that did it asked another one in vain', async () => {
    const details = { askId: newId(), agentId: 'executor' };
    const answer = new ParleyError('agent_timeout', 'The other one is slow.', { details });
    const { event, asked, stopped } = await attempted(0, [answer]);
    expect(event).toMatchObject({ type: 'failed', error: { code: 'agent_timeout' }, canRetry: true });
    expect([asked, stopped]).toEqual([[2], []]);
  });
});
