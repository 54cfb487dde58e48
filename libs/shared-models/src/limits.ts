/** Sizes in bytes, times in milliseconds. One place, so that the client, the server and the documents agree. */
export const LIMITS = {
  /** A WebSocket frame larger than this closes the connection with 1009. */
  frameBytes: 256 * 1024,
  /** Text of one chat message, in UTF-16 code units: leaves room for the frame around it. */
  textLength: 60_000,
  /** A connection that has not sent `hello` may send so much, in one frame or in all; more closes it with 1009. */
  helloBytes: 16 * 1024,
  /** Malformed frames that a connection may send before `hello`; one more closes it with 4004. */
  malformedBeforeHello: 3,
  /** The same after `hello`, where each 5 s forgive one of them. */
  malformedFrames: 10,
  /** Replies of one agent to one message. */
  repliesPerMessage: 1000,
  /** Events that an agent publishes while it handles one message or event. */
  eventsPerMessage: 1000,
  /** The payload of an event that an agent publishes, in bytes of JSON. */
  eventBytes: 256 * 1024,
  /** The body of a queue message, in bytes: a larger one goes to the dead letters unparsed. */
  queueBodyBytes: 1024 * 1024,
  /** A header of a queue message that holds JSON or hops, in UTF-16 code units. */
  headerLength: 16 * 1024,
  /** Hops that are read from a message's header; the newest count. */
  hops: 100,
  /** Objects and arrays inside each other, in metadata, payloads and details. */
  jsonDepth: 64,
  /** Values in metadata, in a payload, a result or the like: numbers, texts, arrays, objects, all together. */
  jsonValues: 100_000,
  /** Keys of a message's metadata, and of an error's details. */
  metadataKeys: 100,
  /** Agents, brokers or servers in a signal between servers. */
  signalItems: 10_000,
  /** The first frame must be `hello` within this time. */
  helloTimeoutMs: 10_000,
  /** A client has this time to answer the closing of its connection; then it is cut. */
  closeTimeoutMs: 2000,
  /** A client sends something at least this often; after two of these times without a frame it is taken for dead. */
  heartbeatMs: 30_000,
  /** Conversations a `hello` may resume at once. */
  resumedConversations: 200,
  /** Messages returned by one page of `/api/conversations/:id/messages`. */
  messagesPage: 500,
  /** Events returned by one page of `/api/events`, or by `channel.open`. */
  eventsPage: 500,
  /** Threads in a page of `GET /api/event-threads`. */
  eventThreadsPage: 100,
  /** Events of each of them. */
  threadEvents: 50,
  /** All of them together, as JSON: UTF-16 code units. A thread that is longer by itself has its first event only. */
  eventThreadsLength: 1024 * 1024,
  /** A command line, in UTF-16 code units. */
  commandLength: 32_768,
  /** A folder to run a command in, in UTF-16 code units. */
  pathLength: 4096,
  /** The name of a policy's rule, in UTF-16 code units. */
  ruleLength: 200,
  /** The longest time a command may be given. */
  commandTimeoutMs: 86_400_000,
  /** Agents that one frame may give a command to. */
  commandAgents: 100,
  /** One piece of a command's output, in UTF-16 code units. */
  outputPieceLength: 65_536,
  /** The longest that an agent may wait for the answer of another one. */
  askTimeoutMs: 600_000,
  /** Steps of a task, over all its rounds. */
  taskSteps: 200,
  /** A task as it is stored, with all inputs and results, in bytes of JSON. */
  taskBytes: 900 * 1024,
} as const;
