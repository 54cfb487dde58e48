import type { PeerLink } from './peer-link.ts';

/** What this instance wants to hear of, and which of the others know. */
export interface Interests {
  topics(): string[];
  /** Changes with the topics. */
  version(): number;
  /** Resolves when each of `links` has heard of it, is lost, or took too long. */
  announce(topic: string, links: Iterable<PeerLink>): Promise<void>;
  withdraw(topic: string, links: Iterable<PeerLink>): void;
  heard(link: PeerLink, seq: number): void;
  /** The link showed a sign of life. */
  isAlive(link: PeerLink): void;
  lost(link: PeerLink): void;
}

/** A process that stands still must not hold up who waits for it to hear. */
const HEARD_TIMEOUT_MS = 500;

interface Question {
  readonly unheard: Set<PeerLink>;
  readonly done: () => void;
}

export function createInterests(): Interests {
  const wanted = new Map<string, { count: number; readonly known: Promise<void> }>();
  const questions = new Map<number, Question>();
  /** They let a question time out, so nobody waits for them until they answer again. */
  const silent = new Set<PeerLink>();
  let lastSeq = 0;
  let version = 0;

  function ask(topic: string, links: Iterable<PeerLink>): Promise<void> {
    const all = [...links];
    const seq = ++lastSeq;
    for (const link of all) link.send({ kind: 'interest', seq, add: [topic], remove: [] });
    const unheard = new Set(all.filter((link) => !silent.has(link)));
    if (unheard.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        questions.delete(seq);
        for (const link of unheard) silent.add(link);
        resolve();
      };
      const timer = setTimeout(done, HEARD_TIMEOUT_MS);
      questions.set(seq, { unheard, done });
    });
  }

  function answered(question: Question | undefined, link: PeerLink): void {
    if (question?.unheard.delete(link) && question.unheard.size === 0) question.done();
  }

  return {
    topics: () => [...wanted.keys()],
    version: () => version,
    announce(topic, links) {
      const entry = wanted.get(topic);
      if (entry !== undefined) {
        entry.count += 1;
        return entry.known;
      }
      version += 1;
      const known = ask(topic, links);
      wanted.set(topic, { count: 1, known });
      return known;
    },
    withdraw(topic, links) {
      const entry = wanted.get(topic);
      if (entry === undefined) return;
      entry.count -= 1;
      if (entry.count > 0) return;
      wanted.delete(topic);
      version += 1;
      for (const link of links) link.send({ kind: 'interest', seq: 0, add: [], remove: [topic] });
    },
    heard: (link, seq) => answered(questions.get(seq), link),
    isAlive: (link) => {
      silent.delete(link);
    },
    lost(link) {
      silent.delete(link);
      for (const question of [...questions.values()]) answered(question, link);
    },
  };
}
