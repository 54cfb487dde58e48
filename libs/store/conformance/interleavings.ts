import { expect, it } from '@jest/globals';
import type { Transition } from '@parley/requests';
import { aDeath, aFailure, aMessage, aReply, aRouting, hops, speaker } from '@parley/requests/testing';
import { deriveId, isTerminal, type MessageState } from '@parley/shared-models';
import fc from 'fast-check';
import { runs } from '../../../tools/test/property-runs.mjs';
import type { Store } from '../src/store.ts';
import { die, fail, loseAgent, replay, reply, route, settle, submit } from '../testing/apply.ts';
import type { Context } from './store-fixture.ts';

const AGENTS = ['finance', 'hr'] as const;
const REQUESTS = 3;

type Step =
  | { readonly do: 'submit' | 'publish' | 'stop' | 'replay'; readonly request: number }
  | { readonly do: 'route'; readonly request: number; readonly agent: string; readonly attempt: number }
  | { readonly do: 'loseAgent' | 'settle'; readonly request: number; readonly agent: string }
  | { readonly do: 'reply'; readonly request: number; readonly agent: string; readonly ordinal: number }
  | { readonly do: 'fail' | 'die'; readonly request: number; readonly agent: string | undefined };

const request = fc.nat(REQUESTS - 1);
const agent = fc.constantFrom(...AGENTS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('submit', 'publish', 'stop', 'replay'), request }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('route'), request, agent, attempt: fc.nat(2) }) },
  fc.record({ do: fc.constantFrom('loseAgent', 'settle'), request, agent }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reply'), request, agent, ordinal: fc.nat(1) }) },
  fc.record({
    do: fc.constantFrom('fail', 'die'),
    request,
    agent: fc.option(agent, { nil: undefined }),
  }),
);
/** Steps of one turn are taken at once, those of the next when all of them have ended; each by one of two processes. */
const turns = fc.array(fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 6 }), {
  maxLength: 12,
});

/** The results of the calls of one run. */
interface Tally {
  readonly submissions: number[];
  readonly replies: number[];
  readonly errors: number[];
  /** The agents that were chosen, for each attempt of each request. */
  readonly chosen: Map<string, Set<string>>;
}

export function describeInterleavings(context: Context): void {
  it('keeps its promises in whatever order and however often everything happens', async () => {
    const stores = [context.store, await context.open()] as const;
    await fc.assert(
      fc.asyncProperty(turns, async (steps) => {
        const requests = someRequests();
        const tally: Tally = { submissions: [], replies: [], errors: [], chosen: new Map() };
        let states: (MessageState | undefined)[] = [];
        for (const turn of steps) {
          await Promise.all(
            turn.map(([taken, isOther]) => take(stores[isOther ? 1 : 0], taken, requests, tally)),
          );
          states = await examine(stores[0], requests, tally, states, turn);
        }
        // Entries left in the outbox would be taken again, and looked through, in each of the runs that follow.
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
  const { id } = message;
  const note = (seqs: number[], { outcome, message: stored }: Transition): void => {
    if (outcome === 'done' && stored !== undefined) seqs.push(stored.seq);
  };
  switch (taken.do) {
    case 'submit':
      note(tally.submissions, await submit(store, { message, ownerId: 'ada' }));
      break;
    case 'publish':
      await store.markPublished([{ messageId: id, attempt: 0 }]);
      break;
    case 'stop':
      note(tally.errors, await store.apply({ type: 'stopped', requestId: id }));
      break;
    case 'replay':
      await replay(store, id);
      break;
    case 'loseAgent':
      note(tally.errors, await loseAgent(store, { requestId: id, agentId: taken.agent }));
      break;
    case 'settle':
      await settle(store, { requestId: id, from: speaker(taken.agent), hops: hops('server') });
      break;
    case 'route': {
      const result = await route(store, aRouting(id, taken.agent, taken.attempt));
      if (result.outcome === 'refused') break;
      const key = `${id} ${taken.attempt}`;
      const chosen = tally.chosen.get(key) ?? new Set();
      tally.chosen.set(key, chosen.add(result.request?.decision?.agentId ?? ''));
      break;
    }
    case 'reply': {
      // As agents derive it: handed out again, a request yields the same reply.
      const replyId = deriveId(id, taken.agent, taken.ordinal);
      note(tally.replies, await reply(store, aReply(message, taken.agent, { id: replyId })));
      break;
    }
    case 'fail':
      note(tally.errors, await fail(store, aFailure(id, taken.agent)));
      break;
    case 'die':
      note(tally.errors, await die(store, aDeath(id, taken.agent)));
      break;
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
  expect(seqsOf('TEXT')).toEqual(sorted(tally.submissions));
  expect(seqsOf('REPLY')).toEqual(sorted(tally.replies));
  expect(seqsOf('ERROR')).toEqual(sorted(tally.errors));
  // One decision for each attempt.
  for (const chosen of tally.chosen.values()) expect(chosen.size).toBe(1);

  return requests.map(({ id }, index) => {
    const status = statuses.find(({ messageId }) => messageId === id);
    const replies = messages.filter(({ kind, inReplyTo }) => kind === 'REPLY' && inReplyTo === id);
    // At most one agent answers, and only requests that it answered are answered.
    expect(new Set(replies.map(({ sender }) => sender.id)).size).toBeLessThanOrEqual(1);
    if (replies.length > 0) expect(status?.status).toBe('answered');
    expect(status?.error !== undefined).toBe(
      status?.status === 'failed' || status?.status === 'dead_lettered',
    );
    if (ids.includes(id)) expect(status?.status).toBe('accepted');
    // An ended request stays ended, unless an operator replays it.
    const last = before[index];
    const wasReplayed = turn.some(([taken]) => taken.do === 'replay' && taken.request === index);
    if (last !== undefined && isTerminal(last) && !(last === 'dead_lettered' && wasReplayed)) {
      expect(status?.status).toBe(last);
    }
    return status?.status;
  });
}
