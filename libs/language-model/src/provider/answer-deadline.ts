/** Time limits of one answer, in milliseconds. */
export interface AnswerLimits {
  /** Until the first piece, retries included. @default 60000 */
  readonly firstPieceMs: number;
  /** From one piece to the next. @default 30000 */
  readonly nextPieceMs: number;
}

/** Aborts its signal when the provider falls silent. The time the reader takes for a piece does not count. */
export interface AnswerDeadline {
  readonly signal: AbortSignal;
  /** The limit that has run out, in milliseconds. */
  readonly exceededMs: number | undefined;
  /** A sign of life has come: the reader's turn. */
  pause(): void;
  /** The provider's turn again. */
  resume(): void;
}

export function startAnswerDeadline(limits: AnswerLimits): AnswerDeadline {
  const abort = new AbortController();
  let exceededMs: number | undefined;
  const startTimer = (ms: number): NodeJS.Timeout =>
    setTimeout(() => {
      exceededMs = ms;
      abort.abort();
    }, ms);
  let timer = startTimer(limits.firstPieceMs);
  return {
    signal: abort.signal,
    get exceededMs() {
      return exceededMs;
    },
    pause: () => clearTimeout(timer),
    resume() {
      clearTimeout(timer);
      timer = startTimer(limits.nextPieceMs);
    },
  };
}
