/**
 * Runs work of one conversation in order and of different ones at once: who asks twice gets the first answer first.
 */
export interface ConversationLanes {
  /** Resolves or rejects as the work does. What follows in the conversation waits for its end, not for its success. */
  run<T>(conversationId: string, work: () => Promise<T>): Promise<T>;
  /** How much work of this conversation has not ended. */
  pendingIn(conversationId: string): number;
  /** How much work of all conversations has not ended. */
  readonly pending: number;
}

export function createConversationLanes(): ConversationLanes {
  const lanes = new Map<string, { tail: Promise<void>; pending: number }>();
  let pending = 0;
  return {
    async run(conversationId, work) {
      let lane = lanes.get(conversationId);
      const result = lane === undefined ? work() : lane.tail.then(work);
      lane ??= { tail: Promise.resolve(), pending: 0 };
      lanes.set(conversationId, lane);
      lane.tail = result.then(
        () => {},
        () => {},
      );
      lane.pending += 1;
      pending += 1;
      try {
        return await result;
      } finally {
        pending -= 1;
        lane.pending -= 1;
        if (lane.pending === 0) lanes.delete(conversationId);
      }
    },
    pendingIn: (conversationId) => lanes.get(conversationId)?.pending ?? 0,
    get pending() {
      return pending;
    },
  };
}
