/** Of so many AMQP messages of a queue it is remembered how many items each has. */
const REMEMBERED = 4096;

/** How many items a number of AMQP messages has, as far as this process can tell. */
interface ItemCounts {
  /** This process published a message with so many items. */
  sent(queue: string, items: number): void;
  /** This process was handed a message with so many items. */
  taken(queue: string, items: number): void;
  /**
   * The items of the `messages` that wait in the queue. Exact where this process alone publishes to it, as those that
   * wait are the last published; otherwise the messages last published here, or else last handed out here, stand for the
   * others.
   */
  itemsIn(queue: string, messages: number): number;
}

export function createItemCounts(): ItemCounts {
  const sent = new Map<string, number[]>();
  const taken = new Map<string, number[]>();

  function remember(counts: Map<string, number[]>, queue: string, items: number): void {
    let last = counts.get(queue);
    if (last === undefined) {
      last = [];
      counts.set(queue, last);
    }
    last.push(items);
    if (last.length >= 2 * REMEMBERED) last.splice(0, REMEMBERED);
  }

  return {
    sent: (queue, items) => remember(sent, queue, items),
    taken: (queue, items) => remember(taken, queue, items),
    itemsIn: (queue, messages) => {
      const last = (sent.get(queue) ?? taken.get(queue) ?? []).slice(-messages);
      if (messages === 0 || last.length === 0) return messages;
      const items = last.reduce((sum, each) => sum + each, 0);
      return Math.round((items / last.length) * messages);
    },
  };
}

/** How old an answer may be before it is asked again, in milliseconds. */
const FRESH_MS = 1000;

interface ConsumerWatch {
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
