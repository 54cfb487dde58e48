/** Limits how often something may happen, with bursts of one second's worth. Algorithm: token bucket. */
export interface TokenBucket {
  /** 0 when it may happen now, otherwise the milliseconds to wait. */
  take(now: number): number;
}

export function createTokenBucket(perSecond: number): TokenBucket {
  let tokens = perSecond;
  let last = 0;
  return {
    take(now) {
      tokens = Math.min(perSecond, tokens + ((now - last) * perSecond) / 1000);
      last = now;
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      return Math.ceil(((1 - tokens) * 1000) / perSecond);
    },
  };
}
