import { expect, it } from '@jest/globals';
import { deriveId, isTerminal, type MessageState } from '@parley/shared-models';
import fc from 'fast-check';
import { runs } from '../../../../tools/test/property-runs.mjs';
import type { Store } from '../store.ts';
import { aDecision, aFailure, aMessage, aReply, hops } from './samples.ts';
import type { Context } from './store-fixture.ts';

const AGENTS = ['finance', 'hr'] as const;
const REQUESTS = 3;

type Step =
  | { readonly do: 'accept' | 'publish' | 'deliver' | 'revive'; readonly request: number }
  | { readonly do: 'route'; readonly request: number; readonly agent: string; readonly attempt: number }
  | { readonly do: 'reopen' | 'settle'; readonly request: number; readonly agent: string }
  | { readonly do: 'reply'; readonly request: number; readonly agent: string; readonly ordinal: number }
  | { readonly do: 'fail'; readonly request: number; readonly status: 'failed' | 'dead_lettered' };

const request = fc.nat(REQUESTS - 1);
const agent = fc.constantFrom(...AGENTS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('accept', 'publish', 'deliver', 'revive'), request }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('route'), request, agent, attempt: fc.nat(2) }) },
  fc.record({ do: fc.constantFrom('reopen', 'settle'), request, agent }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reply'), request, agent, ordinal: fc.nat(1) }) },
  fc.record({ do: fc.constant('fail'), request, status: fc.constantFrom('failed', 'dead_lettered') }),
);
/** Steps of one turn are taken at once, those of the next when all of them have ended; each by one of two processes. */
const turns = fc.array(fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 6 }), {
  maxLength: 12,
});

/** What the calls of one run have returned. */
interface Tally {
  accepted: number[];
  storedReplies: number[];
  failures: number[];
  routed: Map<string, Set<string>>;
}

export function describeInterleavings(context: Context): void {
  it('keeps its promises in whatever order and however often everything happens', async () => {
    const stores = [context.store, await context.open()] as const;
    await fc.assert(
      fc.asyncProperty(turns, async (steps) => {
        const requests = someRequests();
        const tally: Tally = { accepted: [], storedReplies: [], failures: [], routed: new Map() };
        let states: (MessageState | undefined)[] = [];
        for (const turn of steps) {
          await Promise.all(
            turn.map(([taken, isOther]) => take(stores[isOther ? 1 : 0], taken, requests, tally)),
          );
          states = await examine(stores[0], requests, tally, states, turn);
        }
        // What is left in the outbox would be taken again, and looked through, in each of the runs that follow.
        await context.store.markPublished(
          requests.map(({ id }) => ({ messageId: id, attempt: steps.length })),
        );
      }),
      { numRuns: runs(25) },
    );
  });
}

function someRequests(): ReturnType<typeof aMessage>[] {
  const first = aMessage();
  return Array.from({ length: REQUESTS }, () => aMessage({ conversationId: first.conversationId }));
}

async function take(
  store: Store,
  taken: Step,
  requests: readonly ReturnType<typeof aMessage>[],
  tally: Tally,
): Promise<void> {
  const message = requests[taken.request];
  if (message === undefined) return;
  switch (taken.do) {
    case 'accept': {
      const result = await store.accept({ message, ownerId: 'ada' });
      if (!result.isDuplicate) tally.accepted.push(result.message.seq);
      break;
    }
    case 'publish':
      await store.markPublished([{ messageId: message.id, attempt: 0 }]);
      break;
    case 'deliver':
      await store.markDelivered([message.id]);
      break;
    case 'revive':
      await store.revive(message.id);
      break;
    case 'reopen':
      await store.reopen(message.id, taken.agent);
      break;
    case 'settle':
      await store.settle({ requestId: message.id, agentId: taken.agent, hops: hops('server') });
      break;
    case 'route': {
      const result = await store.recordRouting(message.id, taken.attempt, aDecision(taken.agent), []);
      if (!('decision' in result)) break;
      const key = `${message.id} ${taken.attempt}`;
      const decided = tally.routed.get(key) ?? new Set();
      tally.routed.set(key, decided.add(result.decision.agentId));
      break;
    }
    case 'reply': {
      const input = aReply(message, taken.agent, {
        // As agents derive it: handed out again, a request yields the same reply.
        id: deriveId(message.id, taken.agent, taken.ordinal),
      });
      const result = await store.storeReply(input);
      if (result.outcome === 'stored') tally.storedReplies.push(result.message.seq);
      break;
    }
    case 'fail': {
      const result = await store.fail(aFailure(message.id, taken.status));
      if (result.outcome === 'failed') tally.failures.push(result.message.seq);
      break;
    }
  }
}

/** @returns the state of each request */
async function examine(
  store: Store,
  requests: readonly ReturnType<typeof aMessage>[],
  tally: Tally,
  before: readonly (MessageState | undefined)[],
  turn: readonly (readonly [Step, boolean])[],
): Promise<(MessageState | undefined)[]> {
  const conversationId = requests[0]?.conversationId ?? '';
  const { messages, statuses } = await store.listMessages(conversationId, { limit: 500 });
  const ids = (await store.takeOutbox({ limit: 100_000, olderThanMs: 0, leaseMs: 0 })).map(
    ({ message }) => message.id,
  );

  // Gapless, and everything that was said to be stored is there once, where it was said to be.
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  const seqsOf = (kind: string) => messages.filter((message) => message.kind === kind).map(({ seq }) => seq);
  const sorted = (seqs: readonly number[]) => seqs.toSorted((a, b) => a - b);
  expect(seqsOf('TEXT')).toEqual(sorted(tally.accepted));
  expect(seqsOf('REPLY')).toEqual(sorted(tally.storedReplies));
  expect(seqsOf('ERROR')).toEqual(sorted(tally.failures));
  // One decision for each attempt.
  for (const decided of tally.routed.values()) expect(decided.size).toBe(1);

  return requests.map(({ id }, index) => {
    const status = statuses.find(({ messageId }) => messageId === id);
    const replies = messages.filter(({ kind, inReplyTo }) => kind === 'REPLY' && inReplyTo === id);
    // At most one agent answers, and only what it answered is answered.
    expect(new Set(replies.map(({ sender }) => sender.id)).size).toBeLessThanOrEqual(1);
    if (replies.length > 0) expect(status?.status).toBe('answered');
    expect(status?.error !== undefined).toBe(
      status?.status === 'failed' || status?.status === 'dead_lettered',
    );
    if (ids.includes(id)) expect(status?.status).toBe('accepted');
    // What has ended stays so, unless an operator replays it.
    const last = before[index];
    const wasRevived = turn.some(([taken]) => taken.do === 'revive' && taken.request === index);
    if (last !== undefined && isTerminal(last) && !(last === 'dead_lettered' && wasRevived)) {
      expect(status?.status).toBe(last);
    }
    return status?.status;
  });
}
