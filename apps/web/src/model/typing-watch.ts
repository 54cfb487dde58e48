import type { Participant } from '@parley/shared-models';

export interface TypingWatch {
  /** @returns who types in the conversation now */
  note(conversationId: string, by: Participant, isTyping: boolean): readonly Participant[];
  stop(): void;
}

/** Somebody who does not say so again for this long has stopped, or is gone. */
const FADE_MS = 8000;

/** Keeps who is typing; `onFaded` is told when somebody stopped without saying so. */
export function createTypingWatch(
  onFaded: (conversationId: string, typing: readonly Participant[]) => void,
): TypingWatch {
  const conversations = new Map<
    string,
    Map<string, { by: Participant; timer: ReturnType<typeof setTimeout> }>
  >();

  function remove(conversationId: string, key: string): readonly Participant[] {
    const people = conversations.get(conversationId);
    clearTimeout(people?.get(key)?.timer);
    people?.delete(key);
    if (people?.size === 0) conversations.delete(conversationId);
    return list(conversationId);
  }

  const list = (conversationId: string): readonly Participant[] =>
    [...(conversations.get(conversationId)?.values() ?? [])].map(({ by }) => by);

  return {
    note(conversationId, by, isTyping) {
      const key = `${by.kind}:${by.id}`;
      remove(conversationId, key);
      if (!isTyping) return list(conversationId);
      const people = conversations.get(conversationId) ?? new Map();
      const timer = setTimeout(() => onFaded(conversationId, remove(conversationId, key)), FADE_MS);
      people.set(key, { by, timer });
      conversations.set(conversationId, people);
      return list(conversationId);
    },
    stop() {
      for (const people of conversations.values())
        for (const { timer } of people.values()) clearTimeout(timer);
      conversations.clear();
    },
  };
}
