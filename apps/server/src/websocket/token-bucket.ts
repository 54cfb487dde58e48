/** Limits how often something may happen. Algorithm: token bucket. A class, so that thousands of connections share its function. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #last = 0;

  /** @param burst what may happen at once. @default one second's worth */
  constructor(perSecond: number, burst: number = perSecond) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * 0 when it may happen now, otherwise the milliseconds to wait.
   * @param cost how many times it counts; more than the bucket holds counts as a whole bucket. @default 1
   */
  take(now: number, cost = 1): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#last) * this.#perSecond) / 1000);
    this.#last = now;
    const wanted = Math.min(cost, this.#burst);
    if (this.#tokens >= wanted) {
      this.#tokens -= wanted;
      return 0;
    }
    return Math.ceil(((wanted - this.#tokens) * 1000) / this.#perSecond);
  }
}
