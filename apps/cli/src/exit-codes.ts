import { type ErrorCode, ParleyError } from '@parley/shared-models';

/** Exit codes of the commands. */
export const EXIT = {
  ok: 0,
  /** It was tried and failed: an agent failed, a check did, the server refused. */
  failed: 1,
  /** The command line is wrong; nothing was tried. */
  usage: 2,
  /** The server cannot be reached, or does not let one in. */
  noConnection: 3,
  /** No answer within the time limit. */
  noAnswer: 4,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0  it worked
  1  it failed: an agent failed, a check did, the server refused
  2  the command line is wrong
  3  the server cannot be reached, or does not let one in
  4  no answer within the time limit`;

/** Ends the command with a line on stderr and an exit code. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

const NO_CONNECTION: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unauthenticated', 'unavailable']);

/** Which exit code an exception means. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof ParleyError && NO_CONNECTION.has(error.code)) return EXIT.noConnection;
  return EXIT.failed;
}
