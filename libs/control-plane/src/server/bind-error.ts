/** grpc-js reports why it could not listen in the text of its error only. */
const SYSTEM_CODE = /\b(E[A-Z]{4,})\b/;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another process',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

export interface BindError extends Error {
  /** The system's code, e.g. `EADDRINUSE`; absent when there was none. */
  code?: string;
  address: string;
  port: number;
}

/** The error of a server that could not listen, in the shape of Node's own. */
export function bindError(cause: Error, host: string, port: number): BindError {
  const code = SYSTEM_CODE.exec(cause.message)?.[1];
  const reason = (code === undefined ? undefined : REASONS[code]) ?? cause.message;
  const error = new Error(`gRPC cannot listen on ${host}:${port}: ${reason}`, { cause });
  return Object.assign(error, { address: host, port }, code === undefined ? {} : { code });
}
