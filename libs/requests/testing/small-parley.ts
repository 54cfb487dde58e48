import { type ChatMessage, deriveId, type RoutingDecision } from '@parley/shared-models';
import type { RequestEvent, Speaker } from '../src/events.ts';
import type { Conversation, Effect, Request, Transition } from '../src/request.ts';
import { transition } from '../src/transition.ts';

/** A message in a queue. */
export type Letter =
  | {
      readonly kind: 'request';
      readonly id: string;
      readonly attempt: number;
      readonly decision?: RoutingDecision;
    }
  | {
      readonly kind: 'reply';
      readonly id: string;
      readonly attempt: number;
      readonly ordinal: number;
      readonly by: Process;
      readonly isBeside: boolean;
    }
  | { readonly kind: 'settled'; readonly id: string; readonly attempt: number; readonly by: Process }
  | {
      readonly kind: 'failed';
      readonly id: string;
      readonly attempt: number;
      readonly by: Process | undefined;
    }
  | {
      readonly kind: 'dead';
      readonly id: string;
      readonly attempt: number;
      readonly agentId: string | undefined;
    };

/** A process of an agent. */
export interface Process {
  readonly agentId: string;
  readonly incarnation: number;
}

/** Where a process that handles a queue message dies, if it does; the message is then handed out again. */
export const DEATHS = [
  'none',
  'before the commit',
  'before the effects',
  'before the acknowledgement',
] as const;
export type Death = (typeof DEATHS)[number];

/** The agents: two instances of one group, and another agent. */
export const AGENTS = ['finance', 'finance-2', 'hr'] as const;
export const groupOf = (agentId: string): string => (agentId.startsWith('finance') ? 'finance' : agentId);

export const CONVERSATION = '019aa0d4-6a00-7000-8000-00000000c0de';

/**
 * Parley without its processes: the store, the queues and the acts of servers, brokers and agents, as far as the life
 * of a request goes. Queues deliver at least once, in any order; every process may die at every point.
 */
export class SmallParley {
  readonly requests = new Map<string, Request>();
  readonly messages: ChatMessage[] = [];
  readonly brokerInput: Letter[] = [];
  readonly serverInput: Letter[] = [];
  readonly agentQueues = new Map<string, Letter[]>(AGENTS.map((agentId) => [agentId, []]));
  readonly hands: { readonly by: Process; readonly letter: Letter }[] = [];
  readonly incarnations = new Map<string, number>(AGENTS.map((agentId) => [agentId, 1]));
  /** The agents that each attempt was handed to, and how often each row was written. */
  readonly handedOver = new Map<string, Set<string>>();
  readonly writes = new Map<string, number>();
  /** Invariants that a single event has broken. */
  readonly broken: string[] = [];
  /** A decision that is not on the disk yet, by request: the row before it. */
  readonly #undecided = new Map<string, Request>();
  readonly #confirmed = new Map<string, number>();
  #conversation: Conversation | undefined;
  #clock = Date.UTC(2026, 0, 1);
  #ids = 0;

  apply(event: RequestEvent, death: Death = 'none', handOver?: (routing: RoutingDecision) => void) {
    if (death === 'before the commit') return undefined;
    const requestId = event.type === 'submitted' ? event.message.id : event.requestId;
    const ownId =
      event.type === 'submitted' ? event.message.id : event.type === 'replied' ? event.reply.id : undefined;
    const request = this.requests.get(requestId);
    const known = {
      request,
      conversation: this.#conversation,
      own: this.messages.find(({ id }) => id === ownId),
      asked: this.messages.find(({ id }) => id === requestId),
    };
    const moment = { now: ++this.#clock, newId: () => deriveId(CONVERSATION, 'own', ++this.#ids) };
    const result = transition(known, event, moment);
    const { writes } = result;
    this.#judge(event, request, result);
    if (writes?.message !== undefined) {
      this.messages.push(writes.message);
      const before = this.#conversation ?? {
        id: CONVERSATION,
        ownerId: 'ada',
        lastSeq: 0,
        session: undefined,
      };
      this.#conversation = { ...before, lastSeq: writes.message.seq };
    }
    if (writes?.session !== undefined && this.#conversation !== undefined)
      this.#conversation = { ...this.#conversation, session: writes.session };
    if (writes?.request !== undefined) {
      if (event.type === 'routed' && request !== undefined) this.#undecided.set(requestId, request);
      else this.#undecided.delete(requestId);
      this.requests.set(requestId, writes.request);
      this.writes.set(requestId, (this.writes.get(requestId) ?? 0) + 1);
    }
    if (death !== 'before the effects') for (const effect of result.effects) this.#perform(effect, handOver);
    return result;
  }

  #judge(event: RequestEvent, before: Request | undefined, { outcome, message }: Transition): void {
    if (outcome !== 'done') return;
    if (
      event.type === 'replied' &&
      event.from.isReplaced &&
      event.beside === undefined &&
      message?.kind === 'REPLY'
    )
      this.broken.push('the answer of a replaced process was stored');
    if (event.type === 'failed' && event.from === undefined && before?.decision !== undefined)
      this.broken.push('a broker ended what another decision had given to an agent');
    const { attempt } = event as { attempt?: number };
    if (attempt !== undefined && before !== undefined && attempt < before.attempt)
      this.broken.push(
        `what was said of attempt ${attempt} counted in attempt ${before.attempt}: ${event.type}`,
      );
    if (event.type === 'routed' && before?.decision !== undefined)
      this.broken.push('a second decision about one attempt counted');
  }

  #perform(effect: Effect, handOver?: (routing: RoutingDecision) => void): void {
    if (effect.do === 'publish') this.publish(effect.entry.message.id, effect.entry.attempt);
    else if (effect.do === 'hand-over') handOver?.(effect.status.routing);
  }

  publish(id: string, attempt: number): void {
    this.brokerInput.push({ kind: 'request', id, attempt });
    this.#confirmed.set(id, attempt);
  }

  /** The relay looks into the outbox. */
  sweep(): void {
    for (const { messageId, attempt, isInOutbox } of [...this.requests.values()])
      if (isInOutbox) this.publish(messageId, attempt);
  }

  /** The relay marks the messages that the queue has confirmed. */
  mark(): void {
    for (const [id, attempt] of this.#confirmed) {
      const request = this.requests.get(id);
      if (request?.isInOutbox && attempt >= request.attempt)
        this.requests.set(id, { ...request, isInOutbox: false });
    }
    this.#confirmed.clear();
  }

  /** Decisions are committed without waiting for the disk: some of them are undone. */
  cutPower(isUndone: (id: string) => boolean): void {
    for (const [id, before] of this.#undecided) {
      if (!isUndone(id)) continue;
      this.requests.set(id, before);
      // Another decision about the attempt may follow.
      this.handedOver.delete(`${id} ${before.attempt}`);
    }
    this.#undecided.clear();
  }

  /** A broker takes the message. @param agentId the agent that it chooses; undefined: no agent */
  route(letter: Letter, agentId: string | undefined): void {
    if (letter.kind !== 'request') this.serverInput.push(letter);
    else if (agentId !== undefined) this.serverInput.push({ ...letter, decision: decisionFor(agentId) });
    else this.serverInput.push({ kind: 'failed', id: letter.id, attempt: letter.attempt, by: undefined });
  }

  /** A server takes the message. */
  serve(letter: Letter, death: Death): void {
    const event = this.#eventOf(letter);
    const { attempt } = letter as { attempt?: number };
    this.apply(event, death, ({ agentId }) => {
      const key = `${letter.id} ${attempt}`;
      this.handedOver.set(key, (this.handedOver.get(key) ?? new Set()).add(agentId));
      this.agentQueues
        .get(agentId)
        ?.push({ ...(letter as Letter & { kind: 'request' }), decision: decisionFor(agentId) });
    });
  }

  speaker({ agentId, incarnation }: Process, attempt: number): Speaker {
    return {
      agentId,
      attempt,
      isReplaced: incarnation < (this.incarnations.get(agentId) ?? 0),
      isSiblingOf: (other) => groupOf(other) === groupOf(agentId),
    };
  }

  #eventOf(letter: Letter): Exclude<RequestEvent, { type: 'submitted' }> {
    const { id: requestId } = letter;
    const error = { code: 'agent_failed', message: 'It failed.' } as const;
    switch (letter.kind) {
      case 'request': {
        const { attempt, decision = decisionFor('hr') } = letter;
        const chosen = { group: groupOf(decision.agentId), holdsSession: true, sessionTtlMs: 1e9 };
        return { type: 'routed', requestId, attempt, decision, hops: [], chosen };
      }
      case 'reply':
        return {
          type: 'replied',
          requestId,
          reply: replyOf(letter),
          from: this.speaker(letter.by, letter.attempt),
          hops: [],
          beside: letter.isBeside ? { isOwn: true } : undefined,
        };
      case 'settled':
        return { type: 'settled', requestId, from: this.speaker(letter.by, letter.attempt), hops: [] };
      case 'failed': {
        const from = letter.by === undefined ? undefined : this.speaker(letter.by, letter.attempt);
        return { type: 'failed', requestId, error, from, attempt: letter.attempt, hops: [] };
      }
      case 'dead': {
        const where = letter.agentId === undefined ? 'unrouted' : { agentId: letter.agentId };
        return { type: 'died', requestId, error, where, attempt: letter.attempt, hops: [] };
      }
    }
  }

  /** An operator empties the queues. */
  reset(): void {
    const endTravelling = (): void => {
      this.mark();
      for (const { messageId, state, isInOutbox } of [...this.requests.values()])
        if ((state === 'accepted' || state === 'routed') && !isInOutbox)
          this.apply({ type: 'reset', requestId: messageId });
    };
    endTravelling();
    for (const queue of [this.brokerInput, this.serverInput, ...this.agentQueues.values()]) queue.length = 0;
    for (const [id, request] of this.requests)
      if (request.isInOutbox) this.requests.set(id, { ...request, attempt: request.attempt + 1 });
    endTravelling();
    this.sweep();
  }
}

/** As an agent derives it: handed out again, a request yields the same reply. */
export const replyIdOf = (requestId: string, agentId: string, ordinal: number): string =>
  deriveId(requestId, agentId, ordinal);

function replyOf({ id, by, ordinal, isBeside }: Letter & { kind: 'reply' }) {
  const cause = isBeside ? groupOf(by.agentId) : by.agentId;
  return {
    id: isBeside ? deriveId(id, 'beside', cause, ordinal) : replyIdOf(id, by.agentId, ordinal),
    conversationId: CONVERSATION,
    kind: 'REPLY',
    sender: { kind: 'agent', id: by.agentId, name: by.agentId },
    text: 'Here you are.',
    inReplyTo: id,
    createdAt: '2026-01-01T00:00:00.000Z',
    ...(isBeside ? { metadata: { beside: true } } : {}),
  } as const;
}

export function decisionFor(agentId: string): RoutingDecision {
  const candidates = [{ agentId, agentName: agentId, confidence: 1 }];
  return {
    agentId,
    agentName: agentId,
    strategy: 'keywords',
    confidence: 1,
    reason: 'a word of its',
    candidates,
  };
}
