/** Time limits of one answer, in milliseconds. */
export interface AnswerLimits {
  /** Until the first piece, or from one sign of life to the next before it, retries included. @default 60000 */
  readonly firstPieceMs: number;
  /** From one piece, or sign of life, to the next. @default 30000 */
  readonly nextPieceMs: number;
}

/** Aborts its signal when the provider falls silent. The time the reader takes for a piece does not count. */
export interface AnswerDeadline {
  readonly signal: AbortSignal;
  /** The limit that has run out, in milliseconds. */
  readonly exceededMs: number | undefined;
  /** A piece has come: the reader's turn. */
  pause(): void;
  /** The provider's turn again. */
  resume(): void;
  /** The provider has shown that it is alive, such as by a comment: the limit begins anew. */
  prolong(): void;
}

export function startAnswerDeadline(limits: AnswerLimits): AnswerDeadline {
  const abort = new AbortController();
  let exceededMs: number | undefined;
  let isRunning = true;
  let limitMs = limits.firstPieceMs;
  const startTimer = (): NodeJS.Timeout =>
    setTimeout(() => {
      exceededMs = limitMs;
      abort.abort();
    }, limitMs);
  let timer = startTimer();
  return {
    signal: abort.signal,
    get exceededMs() {
      return exceededMs;
    },
    pause() {
      isRunning = false;
      clearTimeout(timer);
    },
    resume() {
      isRunning = true;
      limitMs = limits.nextPieceMs;
      clearTimeout(timer);
      timer = startTimer();
    },
    prolong() {
      if (isRunning && exceededMs === undefined) timer.refresh();
    },
  };
}
