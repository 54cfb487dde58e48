/** Limits how often something may happen. Algorithm: token bucket. */
export interface TokenBucket {
  /**
   * 0 when it may happen now, otherwise the milliseconds to wait.
   * @param cost how many times it counts; more than the bucket holds counts as a whole bucket. @default 1
   */
  take(now: number, cost?: number): number;
}

/** @param burst what may happen at once. @default one second's worth */
export function createTokenBucket(perSecond: number, burst: number = perSecond): TokenBucket {
  let tokens = burst;
  let last = 0;
  return {
    take(now, cost = 1) {
      tokens = Math.min(burst, tokens + ((now - last) * perSecond) / 1000);
      last = now;
      const wanted = Math.min(cost, burst);
      if (tokens >= wanted) {
        tokens -= wanted;
        return 0;
      }
      return Math.ceil(((wanted - tokens) * 1000) / perSecond);
    },
  };
}
