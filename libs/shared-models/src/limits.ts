/** Sizes in bytes, times in milliseconds. One place, so that the client, the server and the documents agree. */
export const LIMITS = {
  /** A WebSocket frame larger than this closes the connection with 1009. */
  frameBytes: 256 * 1024,
  /** Text of one chat message, in UTF-16 code units: leaves room for the frame around it. */
  textLength: 60_000,
  /** Objects and arrays inside each other, in metadata, payloads and details. */
  jsonDepth: 64,
  /** The first frame must be `hello` within this time. */
  helloTimeoutMs: 10_000,
  /** A client sends something at least this often; after two of these times without a frame it is taken for dead. */
  heartbeatMs: 30_000,
  /** Conversations a `hello` may resume at once. */
  resumedConversations: 200,
  /** Messages returned by one page of `/api/conversations/:id/messages`. */
  messagesPage: 500,
  /** The longest that an agent may wait for the answer of another one. */
  askTimeoutMs: 600_000,
} as const;
