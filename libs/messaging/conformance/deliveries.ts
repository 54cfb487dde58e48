import type { Delivery, Handler } from '../src/message-bus.ts';
import { textOf } from './envelopes.ts';

/** Collects a handler's deliveries, and lets a test wait for them. */
export interface Deliveries {
  /** Everything handed out so far, in order. */
  readonly all: Delivery[];
  /** Acknowledges at once. */
  readonly handler: Handler;
  /** Resolves once `count` were handed out; rejects after `withinMs`. */
  waitFor(count: number, withinMs?: number): Promise<Delivery[]>;
  texts(): string[];
}

/** @param then settles the delivery; acknowledges it by default */
export function collectDeliveries(then: Handler = async () => undefined): Deliveries {
  const all: Delivery[] = [];
  const waiters = new Set<() => void>();
  return {
    all,
    handler: (delivery) => {
      all.push(delivery);
      for (const wake of waiters) wake();
      return then(delivery);
    },
    waitFor: (count, withinMs = 20_000) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (all.length < count) return;
          clearTimeout(timer);
          waiters.delete(check);
          resolve(all);
        };
        const timer = setTimeout(() => {
          waiters.delete(check);
          reject(new Error(`${all.length} of ${count} deliveries after ${withinMs} ms`));
        }, withinMs);
        waiters.add(check);
        check();
      }),
    texts: () => all.map(({ envelope }) => textOf(envelope)),
  };
}

/** A handler's work that goes on until the test ends it. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Tries until the expectation holds; for changes that no event announces. */
export async function eventually<T>(attempt: () => Promise<T> | T, withinMs = 15_000): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    // A process that stood still meanwhile has not looked: it looks once more.
    const isLast = Date.now() > giveUpAt;
    try {
      return await attempt();
    } catch (error) {
      if (isLast) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
