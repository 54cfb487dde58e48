import type { Participant } from '@parley/shared-models';

export interface TypingWatch {
  /** @returns the participants who are typing in the conversation now */
  note(conversationId: string, by: Participant, isTyping: boolean): readonly Participant[];
  stop(): void;
}

/** Without a repeated signal for this long, the participant has stopped typing or is gone. */
const FADE_MS = 8000;

/** Tracks the typing participants; `onFaded` is called when a participant stopped without a signal. */
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
