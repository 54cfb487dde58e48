/** How old an answer may be before it is asked again, in milliseconds. */
const FRESH_MS = 1000;

export interface ConsumerWatch {
  /** Whether anybody takes from the queue, as of the last answer; false until there is one. Asks again when it is old. */
  isConsumed(queue: string): boolean;
}

/** @param countConsumers asks RabbitMQ */
export function createConsumerWatch(countConsumers: (queue: string) => Promise<number>): ConsumerWatch {
  const known = new Map<string, { isConsumed: boolean; askedAt: number }>();
  return {
    isConsumed: (queue) => {
      const now = performance.now();
      let last = known.get(queue);
      if (last !== undefined && now - last.askedAt < FRESH_MS) return last.isConsumed;
      last ??= { isConsumed: false, askedAt: now };
      last.askedAt = now;
      known.set(queue, last);
      const answered = last;
      countConsumers(queue).then(
        (consumers) => {
          answered.isConsumed = consumers > 0;
        },
        // Without a connection nothing is sent, and with the next one it is asked again.
        () => {
          answered.isConsumed = false;
        },
      );
      return answered.isConsumed;
    },
  };
}
