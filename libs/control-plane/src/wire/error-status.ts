import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { ErrorCode, ErrorReport, ParleyError, reportOf } from '@parley/shared-models';

/** Trailing metadata with the Parley error code. */
export const CODE_KEY = 'parley-code';
/** Trailing metadata with the error's `details`, as JSON in UTF-8. */
export const DETAILS_KEY = 'parley-details-bin';

/** Every other code is INTERNAL. */
const STATUS_OF: Partial<Record<ErrorCode, status>> = {
  invalid_request: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  not_registered: status.NOT_FOUND,
  unknown_agent: status.NOT_FOUND,
  stale_incarnation: status.FAILED_PRECONDITION,
  queue_mismatch: status.FAILED_PRECONDITION,
  id_conflict: status.ABORTED,
  id_taken: status.ALREADY_EXISTS,
  too_many_members: status.RESOURCE_EXHAUSTED,
  rate_limited: status.RESOURCE_EXHAUSTED,
  quota_exceeded: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  bus_unavailable: status.UNAVAILABLE,
  store_unavailable: status.UNAVAILABLE,
  not_supported: status.UNIMPLEMENTED,
  ask_loop: status.FAILED_PRECONDITION,
  ask_depth: status.FAILED_PRECONDITION,
  agent_timeout: status.DEADLINE_EXCEEDED,
};

/** For a status that carries no code, because no handler of ours made it: the connection, a proxy, the gRPC library. */
const CODE_OF: Partial<Record<status, ErrorCode>> = {
  [status.UNAVAILABLE]: 'unavailable',
  [status.DEADLINE_EXCEEDED]: 'unavailable',
  // Calls that this side stopped never get here: it was the other side, or the connection was cut.
  [status.CANCELLED]: 'unavailable',
  [status.INVALID_ARGUMENT]: 'invalid_request',
  // The message is larger than the other side accepts.
  [status.RESOURCE_EXHAUSTED]: 'invalid_request',
  [status.UNAUTHENTICATED]: 'unauthenticated',
  [status.PERMISSION_DENIED]: 'forbidden',
  [status.NOT_FOUND]: 'not_found',
  [status.UNIMPLEMENTED]: 'not_supported',
};

/** The status that tells the other side of an error; for an error without a code it tells only that there was one. */
export function statusOf(error: unknown): StatusObject {
  const { code, message, details } = reportOf(error);
  const metadata = new Metadata();
  metadata.set(CODE_KEY, code);
  if (details !== undefined) metadata.set(DETAILS_KEY, Buffer.from(JSON.stringify(details)));
  return { code: STATUS_OF[code] ?? status.INTERNAL, details: message, metadata };
}

/** Turns the error of a failed gRPC call back into the error that the other side threw. */
export function errorOf(failure: ServiceError): ParleyError {
  const sent = ErrorCode.safeParse(failure.metadata?.get(CODE_KEY)[0]);
  const code = sent.success ? sent.data : (CODE_OF[failure.code] ?? 'internal');
  const details = detailsOf(failure);
  return new ParleyError(code, failure.details || failure.message, {
    cause: failure,
    ...(details === undefined ? {} : { details }),
  });
}

function detailsOf(failure: ServiceError): ErrorReport['details'] {
  const bytes = failure.metadata?.get(DETAILS_KEY)[0];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return ErrorReport.shape.details.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}
