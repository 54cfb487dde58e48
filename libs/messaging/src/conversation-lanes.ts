/**
 * Runs work of one conversation in order and of different ones at once: who asks twice gets the first answer first.
 */
export interface ConversationLanes {
  run<T>(conversationId: string, work: () => Promise<T>): Promise<T>;
}

export function createConversationLanes(): ConversationLanes {
  const tails = new Map<string, Promise<void>>();
  return {
    async run(conversationId, work) {
      const before = tails.get(conversationId);
      const result = before === undefined ? work() : before.then(work);
      // The next in the lane waits for this one, however it ends; who called `run` gets the error.
      const tail = result.then(
        () => {},
        () => {},
      );
      tails.set(conversationId, tail);
      try {
        return await result;
      } finally {
        if (tails.get(conversationId) === tail) tails.delete(conversationId);
      }
    },
  };
}
