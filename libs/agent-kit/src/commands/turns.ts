/** Lets so many do something at once; the others wait in the order in which they came. */
export interface Turns {
  /**
   * Resolves when it is the caller's turn, with the function that gives the turn back.
   * @throws the signal's reason when it is aborted before it is one's turn
   */
  take(signal: AbortSignal): Promise<() => void>;
  readonly waiting: number;
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let taken = 0;

  const giveBack = (): void => {
    taken -= 1;
    waiting.shift()?.();
  };
  const once = (): (() => void) => {
    taken += 1;
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      giveBack();
    };
  };

  return {
    get waiting() {
      return waiting.length;
    },
    async take(signal) {
      signal.throwIfAborted();
      if (taken < atOnce) return once();
      const turn = Promise.withResolvers<() => void>();
      const grant = (): void => turn.resolve(once());
      const leave = (): void => {
        const place = waiting.indexOf(grant);
        // It has its turn, and has not yet seen it.
        if (place === -1) return;
        waiting.splice(place, 1);
        turn.reject(signal.reason);
      };
      waiting.push(grant);
      signal.addEventListener('abort', leave, { once: true });
      try {
        return await turn.promise;
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
  };
}
