import { z } from 'zod';
import { boundedRecord } from './collections.ts';
import { JsonValue } from './json-value.ts';
import { LIMITS } from './limits.ts';

interface ErrorEntry {
  /** Meaning, for the reference. */
  readonly meaning: string;
  /** Whether the same request can succeed later, unchanged. */
  readonly canRetry: boolean;
  /** HTTP status where it answers a request. */
  readonly status: number;
}

/** Every error code that Parley sends, in frames, HTTP answers, ERROR messages and gRPC details. */
export const ERRORS = {
  invalid_json: { meaning: 'The frame is not one JSON object.', canRetry: false, status: 400 },
  unknown_type: {
    meaning: 'The frame has a `type` that is not in the protocol.',
    canRetry: false,
    status: 400,
  },
  invalid_frame: {
    meaning: 'A field is missing or wrong; `details.path` names it.',
    canRetry: false,
    status: 400,
  },
  invalid_request: {
    meaning: 'A parameter or the body of an HTTP request is wrong; `details.path` names it.',
    canRetry: false,
    status: 400,
  },
  hello_required: { meaning: 'The first frame must be `hello`.', canRetry: false, status: 400 },
  already_welcomed: { meaning: '`hello` was sent a second time.', canRetry: false, status: 409 },
  unauthenticated: { meaning: 'The token is missing, wrong or expired.', canRetry: false, status: 401 },
  forbidden: {
    meaning: 'The user lacks the role, or the thing belongs to somebody else.',
    canRetry: false,
    status: 403,
  },
  not_found: { meaning: 'There is no such thing.', canRetry: false, status: 404 },
  id_conflict: {
    meaning: 'The id was used before for something else: an idempotency key must not be reused.',
    canRetry: false,
    status: 409,
  },
  id_taken: {
    meaning:
      "The agent's id belongs to another group, or to another process while the join token is good for no other id.",
    canRetry: true,
    status: 409,
  },
  too_many_members: {
    meaning: 'The server has as many agents, or brokers, as it may have.',
    canRetry: true,
    status: 503,
  },
  rate_limited: {
    meaning:
      'Too many frames from this connection, or of this person over all connections; `details.retryAfterMs` says when to go on.',
    canRetry: true,
    status: 429,
  },
  quota_exceeded: {
    meaning:
      'One person has stored as much as they may in this minute or day, over all connections; `details.retryAfterMs` says when to go on.',
    canRetry: true,
    status: 429,
  },
  unavailable: {
    meaning: 'The queue or the store cannot be reached; nothing was accepted. Send it again later.',
    canRetry: true,
    status: 503,
  },
  not_supported: { meaning: 'This server does not offer that yet.', canRetry: false, status: 501 },
  internal: {
    meaning: 'The server failed in a way it did not foresee; its log has the cause.',
    canRetry: true,
    status: 500,
  },
  no_agent_fits: {
    meaning: 'The message is no matter of any agent that is online, and none of them answers anything.',
    canRetry: false,
    status: 404,
  },
  no_agent_online: { meaning: 'No agent is online that could answer.', canRetry: true, status: 503 },
  unknown_agent: {
    meaning: 'The agent, name or group that was addressed is not registered.',
    canRetry: false,
    status: 404,
  },
  not_registered: {
    meaning: 'The server does not know the agent that calls, or not any more: it must register again.',
    canRetry: true,
    status: 409,
  },
  agent_offline: {
    meaning: 'The addressed agent went offline and did not come back within the grace time.',
    canRetry: true,
    status: 503,
  },
  agent_failed: { meaning: 'The agent threw while it handled the message.', canRetry: true, status: 502 },
  agent_timeout: {
    meaning: 'The agent that has the message did not answer in time.',
    canRetry: true,
    status: 504,
  },
  ask_loop: {
    meaning: 'The agent that was to be asked is itself waiting for the answer.',
    canRetry: false,
    status: 409,
  },
  ask_depth: {
    meaning: 'Too many agents have asked one another on behalf of a message.',
    canRetry: false,
    status: 409,
  },
  cancelled: { meaning: 'The sender stopped the answer.', canRetry: true, status: 409 },
  delivery_limit: {
    meaning: 'The message was handed out too often without being finished; it lies with the dead letters.',
    canRetry: false,
    status: 500,
  },
  malformed_message: {
    meaning: 'A queue held something that is no message of the protocol.',
    canRetry: false,
    status: 500,
  },
  queue_reset: {
    meaning: 'An operator emptied the queue that held the message.',
    canRetry: true,
    status: 503,
  },
  stale_incarnation: {
    meaning: 'Another process has registered under this agent id since; this one must stop.',
    canRetry: false,
    status: 409,
  },
  queue_mismatch: {
    meaning: 'An agent or a broker is on another queue than the server; the message says what to set.',
    canRetry: false,
    status: 409,
  },
  bus_unavailable: { meaning: 'The queue cannot be reached.', canRetry: true, status: 503 },
  queue_missing: { meaning: 'The queue that was published to does not exist.', canRetry: false, status: 404 },
  store_unavailable: { meaning: 'The store cannot be reached or is full.', canRetry: true, status: 503 },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];
export const ErrorCode = z.enum(codes);

/** The shape of every error at every edge. */
export const ErrorReport = z.object({
  code: ErrorCode,
  message: z.string(),
  details: boundedRecord(z.string(), JsonValue, LIMITS.metadataKeys).optional(),
});
export type ErrorReport = z.infer<typeof ErrorReport>;

/** An exception that knows its code. Thrown inside, turned into an `ErrorReport` at the edge. */
export class ParleyError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorReport['details'];

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: ErrorReport['details'] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ParleyError';
    this.code = code;
    this.details = options.details;
  }
}

/** An error as the other side may see it: a `ParleyError` as it is, any other as `internal` without its text. */
export function reportOf(error: unknown): ErrorReport {
  if (!(error instanceof ParleyError))
    return { code: 'internal', message: 'Something went wrong on the server.' };
  return {
    code: error.code,
    message: error.message,
    ...(error.details === undefined ? {} : { details: error.details }),
  };
}
