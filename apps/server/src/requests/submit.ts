import { isSessionEnd } from '@parley/routing';
import type { ChatMessage, Target, UnstoredMessage } from '@parley/shared-models';
import type { Origin } from '../audit/origin.ts';
import type { ServerServices } from '../server-services.ts';
import { perform } from './apply-event.ts';

/** A message that somebody has to answer. */
export interface Submission {
  /** Its `id` is the idempotency key. Without a conversation of its own, `deriveId(id, 'conversation')` is a new one. */
  readonly message: UnstoredMessage;
  /** The owner of the conversation: a user's id, or `agent:<group>`. */
  readonly ownerId: string;
  /** The person whose quota it is charged to. @default nobody */
  readonly payer?: Origin;
  /** The receiver. @default the broker chooses */
  readonly target?: Target | undefined;
  /**
   * How long its answer may take once an agent has it, in milliseconds.
   * @default the time that this agent has registered
   */
  readonly timeoutMs?: number;
  /**
   * Called when it is stored, before any reader is shown it, in the same turn: an acknowledgement that is sent here comes
   * before all that is said about the message. Must not throw.
   */
  onStored?(submitted: Submitted): void;
}

export interface Submitted {
  /** As it is stored: with its `seq`. To wait for the answer, follow its conversation from there. */
  readonly message: ChatMessage;
  /** It was submitted before: nothing was stored, and it does not set out again. */
  readonly isDuplicate: boolean;
}

/**
 * The only entry for messages that need an answer. When it resolves the message is durably stored, shown to the
 * followers of its conversation, and on its way to a broker; from then on it ends in exactly one of `answered`,
 * `failed`,
 * `dead_lettered`. Messages of one conversation are taken in the order of the calls. Submitted again with the same
 * content, it resolves with the message stored the first time.
 * @throws ParleyError `quota_exceeded`; `forbidden` when the conversation is somebody else's; `id_conflict` when the id was used
 *   by another sender, in another conversation or for another text; `store_unavailable`. Then nothing was stored, unless it was
 *   before; after `store_unavailable` that is not known, and the same may be submitted again.
 */
export function submit(services: ServerServices, submission: Submission): Promise<Submitted> {
  return services.submissions.during(submission.message.id, () => submitInTurn(services, submission));
}

async function submitInTurn(
  services: ServerServices,
  { message: sent, ownerId, payer, target, timeoutMs, onStored }: Submission,
): Promise<Submitted> {
  const { store, relay, sessionGate, userLimits } = services;
  const { id, conversationId, sender, text } = sent;
  if (payer !== undefined) await userLimits.charge(payer, Buffer.byteLength(text));
  const pass = await sessionGate.enter(conversationId);
  let holds = false;
  try {
    await relay.room();
    const result = await store.apply({
      type: 'submitted',
      message: sent,
      ownerId,
      target,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      // A person says END; the title of a step may be that word.
      isSessionEnd: sender.kind !== 'agent' && isSessionEnd(text),
    });
    const { outcome, message, request, effects } = result;
    if (message === undefined) throw new Error('a message was submitted and not stored');
    // The agent with which the conversation goes on is known already, or nothing is published.
    holds = outcome === 'done' && request?.hint?.isHeld !== true;
    if (holds) pass.hold(id);
    const submitted = { message, isDuplicate: outcome !== 'done' };
    // First, so that it does not wait until the acknowledgement is written to its socket.
    for (const effect of effects) if (effect.do === 'publish') perform(services, effect);
    onStored?.(submitted);
    for (const effect of effects)
      if (effect.do !== 'publish' && effect.do !== 'hand-over') perform(services, effect);
    return submitted;
  } finally {
    if (!holds) pass.done();
  }
}

/** The messages that are on their way into the store: a stop waits for its message until that can be found there. */
export interface Submissions {
  /** Runs the work that stores the message. May be nested: look-ups before `submit` belong to it. */
  during<T>(messageId: string, storing: () => Promise<T>): Promise<T>;
  /** Resolves when the message is on its way no more, stored or not; at once where it is not known. */
  settled(messageId: string): Promise<void>;
}

export function createSubmissions(): Submissions {
  /** By message: each copy of it that is on its way. */
  const coming = new Map<string, Set<Promise<unknown>>>();
  return {
    async during(messageId, storing) {
      const copies = coming.get(messageId) ?? new Set();
      coming.set(messageId, copies);
      const copy = storing();
      copies.add(copy);
      try {
        return await copy;
      } finally {
        copies.delete(copy);
        if (copies.size === 0) coming.delete(messageId);
      }
    },
    async settled(messageId) {
      await Promise.allSettled(coming.get(messageId) ?? []);
    },
  };
}
