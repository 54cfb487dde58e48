/**
 * Remembers the messages sent, so that their copies from a server that sends everything to everybody are not
 * answered.
 */
export interface OwnMessages {
  sent(id: string, text: string): void;
  /** Whether a frame with this id is one of the last that were sent. */
  hasId(id: string): boolean;
  /**
   * Whether this text was sent shortly before. Each sending explains one return: a person who repeats an agent's
   * words is taken for their echo once.
   */
  takeText(text: string): boolean;
}

const REMEMBERED = 1000;

/** @param windowMs how long a text may take to come back */
export function createOwnMessages(windowMs = 5000, now: () => number = () => performance.now()): OwnMessages {
  const ids = new Set<string>();
  /** When each text was sent, the oldest first. */
  let texts: { readonly text: string; readonly at: number }[] = [];

  return {
    sent(id, text) {
      ids.add(id);
      const [oldest] = ids;
      if (ids.size > REMEMBERED && oldest !== undefined) ids.delete(oldest);
      texts.push({ text, at: now() });
      if (texts.length > REMEMBERED) texts.shift();
    },
    hasId: (id) => ids.has(id),
    takeText(text) {
      const since = now() - windowMs;
      texts = texts.filter((entry) => entry.at >= since);
      const index = texts.findIndex((entry) => entry.text === text);
      if (index < 0) return false;
      texts.splice(index, 1);
      return true;
    },
  };
}
