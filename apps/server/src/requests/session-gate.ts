import { CAPABILITIES } from '@parley/shared-models';
import type { AgentRegistry } from '../agents/agent-registry.ts';

/**
 * Lets the messages of a conversation in one after another for as long as it is open who will hold it: one that follows at
 * once on "my budget" belongs to the agent which that one opens a session with, and so does its END. Where no agent holds
 * sessions, and once a session is held, nobody waits.
 */
export interface SessionGate {
  /** Resolves when the message may be accepted; in the order of the calls. The pass must be used. */
  enter(conversationId: string): Promise<GatePass>;
  /** It was decided about the message, or it has ended. */
  settled(messageId: string): void;
  stop(): void;
}

export interface GatePass {
  /** Others need not wait for this one. */
  done(): void;
  /** The next one waits until `settled(messageId)`, at most seven seconds. */
  hold(messageId: string): void;
}

/**
 * No decision after this long: the broker is away, and nobody shall wait for it. Longer than a broker takes that waits two
 * seconds for the newest list of agents, and then three for a language model.
 */
const PATIENCE_MS = 7000;

/** So long, in milliseconds, it is taken for true whether some agent holds sessions. */
const FRESH_MS = 500;

const NO_GATE: GatePass = { done() {}, hold() {} };

export function createSessionGate(agents: Pick<AgentRegistry, 'list' | 'onChange'>): SessionGate {
  /** By conversation: resolves when the next one may enter. */
  const gates = new Map<string, Promise<void>>();
  /** By the message that is waited for. */
  const held = new Map<string, { readonly open: () => void; readonly timer: NodeJS.Timeout }>();
  let isStuck = false;

  const findHolders = (): boolean =>
    agents.list().some(({ capabilities }) => capabilities.includes(CAPABILITIES.holdsSession));
  let hasHolders: boolean | undefined;
  let foundAt = Number.NEGATIVE_INFINITY;
  const stopWatching = agents.onChange(() => {
    hasHolders = undefined;
  });
  const isNeeded = (): boolean => {
    if (isStuck) return false;
    // The list is not told of when it is read from the store.
    if (performance.now() - foundAt > FRESH_MS) hasHolders = undefined;
    if (hasHolders !== undefined) return hasHolders;
    foundAt = performance.now();
    hasHolders = findHolders();
    return hasHolders;
  };

  const close = (conversationId: string): GatePass => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gates.set(conversationId, promise);
    const open = (): void => {
      if (gates.get(conversationId) === promise) gates.delete(conversationId);
      resolve();
    };
    return {
      done: open,
      hold(messageId) {
        const timer = setTimeout(() => {
          isStuck = true;
          held.delete(messageId);
          open();
        }, PATIENCE_MS);
        held.set(messageId, { open, timer });
      },
    };
  };

  return {
    async enter(conversationId) {
      for (let gate = gates.get(conversationId); gate !== undefined; gate = gates.get(conversationId))
        await gate;
      return isNeeded() ? close(conversationId) : NO_GATE;
    },
    settled(messageId) {
      isStuck = false;
      const waiting = held.get(messageId);
      if (waiting === undefined) return;
      held.delete(messageId);
      clearTimeout(waiting.timer);
      waiting.open();
    },
    stop() {
      stopWatching();
      for (const { open, timer } of held.values()) {
        clearTimeout(timer);
        open();
      }
      held.clear();
    },
  };
}
