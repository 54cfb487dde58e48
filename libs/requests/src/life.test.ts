import { describe, expect, it } from '@jest/globals';
import { deriveId, isTerminal, type UnstoredMessage } from '@parley/shared-models';
import fc from 'fast-check';
import { runs } from '../../../tools/test/property-runs.mjs';
import {
  AGENTS,
  CONVERSATION,
  DEATHS,
  type Death,
  type Letter,
  SmallParley,
} from '../testing/small-parley.ts';
import { MAX_ATTEMPTS } from './routed.ts';

const REQUESTS = 3;

const kinds = [
  'submit',
  'sweep',
  'mark',
  'route',
  'serve',
  'take',
  'answer',
  'lose agent',
  'replace',
  'stop',
  'time out',
  'replay',
  'reset',
  'power cut',
  'duplicate',
  'speak late',
] as const;

/** `which` and `what` choose among what there is at the time. */
const step = fc.record({
  // Steps that move messages on are more frequent than disturbances.
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('submit', 'route', 'serve', 'take', 'answer') },
    { weight: 2, arbitrary: fc.constantFrom(...kinds) },
  ),
  which: fc.nat(1000),
  what: fc.nat(1000),
  death: fc.oneof({ weight: 4, arbitrary: fc.constant<Death>('none') }, fc.constantFrom(...DEATHS)),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const messageOf = (number: number): UnstoredMessage => ({
  id: deriveId(CONVERSATION, 'request', number),
  conversationId: CONVERSATION,
  kind: 'TEXT',
  sender: { kind: 'user', id: 'ada', name: 'Ada' },
  text: number === 2 ? 'END' : 'What is left of my budget?',
  createdAt: '2026-01-01T00:00:00.000Z',
});

/** Takes the message out of the queue, and puts it back where its handler dies. */
function handle(queue: Letter[], which: number, death: Death, handler: (letter: Letter) => void): void {
  const [letter] = queue.splice(which % Math.max(1, queue.length), 1);
  if (letter === undefined) return;
  handler(letter);
  if (death !== 'none') queue.unshift(letter);
}

function answer(parley: SmallParley, which: number, what: number, death: Death): void {
  const [hand] = parley.hands.splice(which % Math.max(1, parley.hands.length), 1);
  if (hand === undefined) return;
  const { by, letter } = hand;
  const { id } = letter;
  const attempt = letter.kind === 'request' ? letter.attempt : 0;
  const said: Letter[][] = [
    [{ kind: 'reply', id, attempt, by, ordinal: 0, isBeside: false }],
    [0, 1].map((ordinal) => ({ kind: 'reply', id, attempt, by, ordinal, isBeside: false })),
    [{ kind: 'settled', id, attempt, by }],
    [{ kind: 'failed', id, attempt, by }],
    [{ kind: 'dead', id, attempt, agentId: by.agentId }],
    [
      { kind: 'reply', id, attempt, by, ordinal: 0, isBeside: true },
      { kind: 'reply', id, attempt, by, ordinal: 0, isBeside: false },
    ],
  ];
  parley.brokerInput.push(...(said[what % said.length] ?? []));
  // It was said, and its acknowledgement was not: the request is handed out again.
  if (death === 'before the acknowledgement') parley.agentQueues.get(by.agentId)?.unshift(letter);
}

function take(parley: SmallParley, { kind, which, what, death }: Step): void {
  const requestId = messageOf(which % REQUESTS).id;
  const agentId = AGENTS[what % AGENTS.length] ?? 'hr';
  const incarnation = parley.incarnations.get(agentId) ?? 1;
  const queue = parley.agentQueues.get(agentId) ?? [];
  switch (kind) {
    case 'submit':
      parley.apply(
        {
          type: 'submitted',
          message: messageOf(which % REQUESTS),
          ownerId: 'ada',
          isSessionEnd: which % REQUESTS === 2,
        },
        death,
      );
      return;
    case 'sweep':
      parley.sweep();
      return;
    case 'mark':
      parley.mark();
      return;
    case 'route':
      // Each fourth time it finds nobody.
      handle(parley.brokerInput, which, death, (letter) =>
        parley.route(letter, what % 4 === 3 ? undefined : agentId),
      );
      return;
    case 'serve':
      handle(parley.serverInput, which, death, (letter) => parley.serve(letter, death));
      return;
    case 'take': {
      const letter = queue.shift();
      if (letter !== undefined) parley.hands.push({ by: { agentId, incarnation }, letter });
      return;
    }
    case 'answer':
      answer(parley, which, what, death);
      return;
    case 'lose agent':
      // Its process is dead, and the messages in its queue are taken back.
      for (const hand of parley.hands.filter(({ by }) => by.agentId === agentId)) {
        parley.hands.splice(parley.hands.indexOf(hand), 1);
        queue.push(hand.letter);
      }
      for (let left = queue.length; left > 0; left--)
        handle(queue, 0, 'none', ({ id }) =>
          parley.apply({ type: 'agent-gone', requestId: id, agentId }, 'none'),
        );
      return;
    case 'replace':
      // The old process lives on with the messages in its hand, which the queue hands out again.
      parley.incarnations.set(agentId, incarnation + 1);
      for (const { by, letter } of parley.hands) if (by.agentId === agentId) queue.push(letter);
      return;
    case 'stop':
      parley.apply({ type: 'stopped', requestId }, death);
      return;
    case 'time out': {
      const request = parley.requests.get(requestId);
      if (request === undefined || request.isInOutbox) return;
      const error = { code: 'agent_timeout', message: 'It took too long.' } as const;
      parley.apply({ type: 'timed-out', requestId, attempt: request.attempt, error }, death);
      return;
    }
    case 'replay':
      parley.apply({ type: 'replayed', requestId }, death);
      return;
    case 'reset':
      parley.reset();
      return;
    case 'power cut':
      parley.cutPower((id) => (id.charCodeAt(30) + what) % 2 === 0);
      return;
    case 'duplicate': {
      const all = [parley.brokerInput, parley.serverInput, queue][what % 3] ?? [];
      const letter = all[which % Math.max(1, all.length)];
      if (letter !== undefined) all.push(letter);
      return;
    }
    case 'speak late': {
      // Of an attempt that may be long over, by an agent that may never have had it.
      const by = { agentId, incarnation: Math.max(1, incarnation - (which % 2)) };
      const attempt = which % 3;
      const request = parley.requests.get(requestId);
      const late: Letter[] = [
        { kind: 'failed', id: requestId, attempt, by },
        { kind: 'failed', id: requestId, attempt, by: undefined },
        { kind: 'dead', id: requestId, attempt, agentId },
        ...(request?.agentId === undefined ? [] : [{ kind: 'settled', id: requestId, attempt, by } as const]),
      ];
      parley.serverInput.push(late[which % late.length] ?? { kind: 'failed', id: requestId, attempt, by });
    }
  }
}

/** Checks the invariants. @param before the requests before the step. @returns the broken ones */
function examine(parley: SmallParley, before: SmallParley['requests'], last: Step['kind']): string[] {
  const { messages, requests } = parley;
  const broken = [...parley.broken];
  const check = (holds: boolean, promise: string): void => {
    if (!holds) broken.push(promise);
  };
  check(
    messages.every(({ seq }, index) => seq === index + 1),
    'messages are numbered without gaps',
  );
  check(new Set(messages.map(({ id }) => id)).size === messages.length, 'each message is stored once');
  for (const agents of parley.handedOver.values())
    check(agents.size === 1, 'the first decision about an attempt stands');
  for (const [id, request] of requests) {
    const { state, error, isInOutbox, decision } = request;
    const about = messages.filter(({ inReplyTo, metadata }) => inReplyTo === id && metadata?.beside !== true);
    const replies = about.filter(({ kind }) => kind === 'REPLY');
    const lastError = about.findLast(({ kind }) => kind === 'ERROR');
    check(new Set(replies.map(({ sender }) => sender.id)).size <= 1, 'one agent answers');
    check(replies.length === 0 || state === 'answered', 'what has an answer is answered');
    const hasFailed = state === 'failed' || state === 'dead_lettered';
    check((error !== undefined) === hasFailed, 'what has failed says why');
    check(error === undefined || lastError?.metadata?.code === error.code, 'its sender sees why');
    check(!isInOutbox || state === 'accepted', 'only what waits for a broker is in the outbox');
    check((state === 'routed') === (decision !== undefined && !isTerminal(state)), 'routed is decided');
    const was = before.get(id);
    if (was === undefined || !isTerminal(was.state)) continue;
    if (was.state === 'dead_lettered' && last === 'replay') continue;
    check(state === was.state && error === was.error, 'what has ended stays so');
  }
  return broken;
}

/** Nothing dies any more, every agent answers: all that is on its way comes to its end. */
function calmDown(parley: SmallParley): void {
  for (let round = 0; round < 4 * MAX_ATTEMPTS; round++) {
    parley.sweep();
    while (parley.brokerInput.length > 0)
      handle(parley.brokerInput, 0, 'none', (letter) => parley.route(letter, 'hr'));
    while (parley.serverInput.length > 0)
      handle(parley.serverInput, 0, 'none', (letter) => parley.serve(letter, 'none'));
    for (const [agentId, queue] of parley.agentQueues)
      for (const letter of queue.splice(0))
        parley.hands.push({ by: { agentId, incarnation: parley.incarnations.get(agentId) ?? 1 }, letter });
    while (parley.hands.length > 0) answer(parley, 0, 0, 'none');
  }
}

describe('the life of a request', () => {
  it('keeps its promises in whatever order, however often, and wherever a process dies', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const parley = new SmallParley();
        const examineAfter = (kind: Step['kind'], act: () => void): void => {
          const before = new Map(parley.requests);
          act();
          const broken = examine(parley, before, kind);
          if (broken.length > 0) throw new Error(`${kind}: ${broken.join('; ')}`);
        };
        for (const taken of steps) examineAfter(taken.kind, () => take(parley, taken));
        examineAfter('sweep', () => calmDown(parley));
        // Only rows that the database has lost may have to be looked for.
        if (steps.some(({ kind }) => kind === 'power cut')) {
          for (const { messageId } of parley.requests.values())
            parley.apply({ type: 'agent-gone', requestId: messageId, agentId: undefined });
          examineAfter('sweep', () => calmDown(parley));
        }
        const silent = [...parley.requests.values()].filter(({ state }) => !isTerminal(state));
        expect(silent).toEqual([]);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('writes the row of a request three times: submitted, routed, answered', () => {
    const parley = new SmallParley();
    const message = messageOf(0);
    parley.apply({ type: 'submitted', message, ownerId: 'ada' });
    calmDown(parley);
    expect(parley.requests.get(message.id)?.state).toBe('answered');
    expect(parley.writes.get(message.id)).toBe(3);
  });
});
