/** WebSocket close codes that Parley sends, beyond those of RFC 6455. */
export const CLOSE_CODES = {
  /** Normal end. */
  normal: 1000,
  /** The server is going away (restart, drain): connect again and resume. */
  goingAway: 1001,
  /** A frame was larger than `LIMITS.frameBytes`. */
  tooLarge: 1009,
  /** No `hello` within `LIMITS.helloTimeoutMs`. */
  helloTimeout: 4000,
  /** The server cannot verify the token now (its keys cannot be fetched): connect again later. */
  tryAgain: 1013,
  /** The token was missing, wrong or expired: do not retry with the same one. */
  unauthenticated: 4001,
  /** The reader was too slow and its send buffer is full: connect again and resume. */
  slowReader: 4002,
  /** No `ping` or other frame arrived for two heartbeats: connect again and resume. */
  idle: 4003,
  /** More malformed frames than `LIMITS.malformedFrames` (`malformedBeforeHello`): the client does not speak the protocol. */
  malformed: 4004,
  /** The client went on sending in spite of `rate_limited`: connect again after a while and resume. */
  flooding: 4005,
  /** The user, or the address, has too many connections: close one, then connect again. */
  tooManyConnections: 4006,
} as const;

/** Whether a client should connect again after this code. */
export function shouldReconnect(code: number): boolean {
  return code !== CLOSE_CODES.normal && code !== CLOSE_CODES.unauthenticated && code !== CLOSE_CODES.tooLarge;
}
