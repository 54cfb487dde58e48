/** Which conversations are followed, so that those in which nothing is awaited can be left. */
export interface QuietConversations {
  /** A message was written there: its answer is awaited. */
  began(conversationId: string): void;
  /** It has ended. */
  ended(conversationId: string): void;
}

/**
 * @param limit followed at most, beyond those in which answers are awaited
 * @param leave called with the conversation that was quiet longest
 */
export function createQuietConversations(
  limit: number,
  leave: (conversationId: string) => void,
): QuietConversations {
  const awaited = new Map<string, number>();
  /** Quiet ones, longest first. */
  const quiet = new Set<string>();

  return {
    began(id) {
      quiet.delete(id);
      awaited.set(id, (awaited.get(id) ?? 0) + 1);
    },
    ended(id) {
      const rest = (awaited.get(id) ?? 0) - 1;
      if (rest > 0) {
        awaited.set(id, rest);
        return;
      }
      awaited.delete(id);
      quiet.delete(id);
      quiet.add(id);
      const [oldest] = quiet;
      if (quiet.size <= limit || oldest === undefined) return;
      quiet.delete(oldest);
      leave(oldest);
    },
  };
}
