import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { TravellingRequest } from '@parley/store';
import { type AgentLook, createUnansweredClock } from './unanswered-clock.ts';

const GRACE_MS = 1000;
const TIMEOUT_MS = 2000;

const aRequest = (fields: Partial<TravellingRequest> = {}): TravellingRequest => ({
  messageId: newId(),
  conversationId: newId(),
  seq: 1,
  attempt: 0,
  agentId: 'finance',
  timeoutMs: undefined,
  routedAt: 1,
  unansweredMs: 0,
  ...fields,
});

/** One agent, looked at again and again. */
function watched() {
  const clock = createUnansweredClock(GRACE_MS);
  const look = (requests: readonly TravellingRequest[], fields: Partial<AgentLook> = {}) =>
    clock.look({
      agentId: 'finance',
      requests,
      elapsedMs: 500,
      isTaking: true,
      ready: 0,
      incarnation: 1,
      timeoutMs: TIMEOUT_MS,
      ...fields,
    });
  /** After so many looks of half a second. */
  const after = (
    looks: number,
    requests: readonly TravellingRequest[],
    fields: Partial<AgentLook> = {},
  ): string[] => {
    let over: string[] = [];
    for (let count = 0; count < looks; count++)
      over = look(requests, fields).flatMap(({ request, isOver }) => (isOver ? [request.messageId] : []));
    return over;
  };
  return { clock, look, after };
}

const LONG = 100;

describe('for how long an answer has been due', () => {
  it('is over after the time of its agent and the grace time', () => {
    const { after } = watched();
    const request = aRequest();
    expect(after(7, [request])).toEqual([]);
    expect(after(1, [request])).toEqual([request.messageId]);
  });

  it('begins anew with each attempt, however long the one before was due', () => {
    const { after } = watched();
    const request = aRequest();
    expect(after(8, [request])).toEqual([request.messageId]);
    const again = { ...request, attempt: 1 };
    expect(after(7, [again])).toEqual([]);
    expect(after(2, [again])).toEqual([request.messageId]);
  });

  it('goes on where it was kept, by another server or before a restart', () => {
    const { after } = watched();
    const request = aRequest({ unansweredMs: 2900 });
    expect(after(1, [request])).toEqual([]);
    expect(after(1, [request])).toEqual([request.messageId]);
  });

  it('has as long as the message itself says', () => {
    const { after } = watched();
    const step = aRequest({ timeoutMs: 10_000 });
    expect(after(22, [step])).toEqual([]);
    expect(after(2, [step])).toEqual([step.messageId]);
  });

  it('does not count while the message may wait in the queue of an agent that is paused or away', () => {
    const { after } = watched();
    expect(after(LONG, [aRequest(), aRequest()], { isTaking: false, ready: 2 })).toEqual([]);
  });

  it('counts for those that the queue of a paused agent holds no more: the oldest', () => {
    const { after } = watched();
    const [inHand, waiting] = [aRequest({ routedAt: 1 }), aRequest({ routedAt: 2 })];
    expect(after(8, [inHand, waiting], { isTaking: false, ready: 1 })).toEqual([inHand.messageId]);
    expect(after(8, [waiting], { isTaking: false, ready: 0 })).toEqual([waiting.messageId]);
  });

  it('is over for all at once where the agent takes nothing', () => {
    const { after } = watched();
    const requests = [aRequest(), aRequest(), aRequest()];
    expect(after(8, requests, { ready: 3 })).toEqual(requests.map(({ messageId }) => messageId));
  });

  it('begins anew when the agent has ended one that came before, however long the queue', () => {
    const { after } = watched();
    const requests = Array.from({ length: 50 }, () => aRequest());
    for (let done = 0; done < requests.length; done++)
      expect(after(6, requests.slice(done), { ready: requests.length - done - 1 })).toEqual([]);
  });

  it('goes on when only what came later is ended: it is not waiting behind that', () => {
    const { after } = watched();
    const lost = aRequest();
    for (let count = 0; count < 7; count++) expect(after(1, [lost, aRequest()])).toEqual([]);
    expect(after(1, [lost])).toEqual([lost.messageId]);
  });

  it('goes on when one that came before was ended for that very reason', () => {
    const { clock, after } = watched();
    const [first, second] = [aRequest({ unansweredMs: 500 }), aRequest()];
    expect(after(7, [first, second])).toEqual([first.messageId]);
    clock.ended(first.messageId);
    expect(after(1, [second])).toEqual([second.messageId]);
  });

  it('waits for one before it that has longer', () => {
    const { after } = watched();
    const [step, message] = [aRequest({ timeoutMs: 10_000 }), aRequest()];
    expect(after(22, [step, message], { ready: 1 })).toEqual([]);
  });

  it('begins anew with another process of the agent, but not for ever', () => {
    const { after } = watched();
    const request = aRequest();
    const ends = (incarnation: number): boolean => after(7, [request], { incarnation }).length > 0;
    const ended = Array.from({ length: 10 }, (_, number) => ends(number + 1));
    expect(ended.indexOf(true)).toBe(6);
  });

  it('begins anew when something is heard, for those behind it too', () => {
    const { clock, after } = watched();
    const requests = [aRequest(), aRequest(), aRequest()];
    const [first, second, third] = requests.map(({ messageId }) => messageId);
    after(7, requests);
    expect(clock.restart(second ?? '')).toEqual([second, third]);
    expect(after(6, requests)).toEqual([first]);
    expect(after(1, requests)).toEqual([first, second, third]);
    expect(clock.restart(newId())).toEqual([]);
  });
});
