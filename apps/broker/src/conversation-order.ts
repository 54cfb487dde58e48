/** Keeps the order of a conversation's messages while one of them waits for its decision. All others go on. */
export interface ConversationOrder {
  /** Messages of this conversation that wait now. */
  waitingIn(conversationId: string): number;
  /** Messages that wait now, in all conversations. */
  readonly waiting: number;
  /** Conversations in which something waits now. */
  readonly conversations: number;
  /** Does the work once what waits in the conversation is done, however that ended. Throws what the work throws. */
  after<T>(conversationId: string, work: () => Promise<T>): Promise<T>;
}

export function createConversationOrder(): ConversationOrder {
  const lanes = new Map<string, { tail: Promise<unknown>; count: number }>();
  let waiting = 0;
  return {
    waitingIn: (conversationId) => lanes.get(conversationId)?.count ?? 0,
    get waiting() {
      return waiting;
    },
    get conversations() {
      return lanes.size;
    },
    async after(conversationId, work) {
      const lane = lanes.get(conversationId) ?? { tail: Promise.resolve(), count: 0 };
      lanes.set(conversationId, lane);
      lane.count += 1;
      waiting += 1;
      const mine = lane.tail.then(work).finally(() => {
        lane.count -= 1;
        waiting -= 1;
        if (lane.count === 0) lanes.delete(conversationId);
      });
      // Who comes next waits for the end, not for success; who called gets the failure.
      lane.tail = Promise.allSettled([mine]);
      return mine;
    },
  };
}
