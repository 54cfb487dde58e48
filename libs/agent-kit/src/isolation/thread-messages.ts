import type { StepCall } from '@parley/durable-tasks';
import { Reject } from '@parley/messaging';
import {
  type ChannelName,
  type ChatMessage,
  type ErrorCode,
  type ErrorReport,
  ParleyError,
  type PublishedEvent,
} from '@parley/shared-models';
import { errorOf } from '../given/error-of.ts';

/** The code of a thread: `module` is the URL of a module whose default export makes the definition out of `data`. */
export interface Isolation {
  readonly module: string;
  /** A value that structured clone can copy. */
  readonly data: unknown;
}

/** The work of a thread. */
export type ThreadWork =
  | {
      readonly kind: 'message';
      readonly request: ChatMessage;
      readonly isDriver: boolean;
      readonly isSessionEnd: boolean;
    }
  | {
      readonly kind: 'step';
      readonly request: ChatMessage;
      readonly isDriver: boolean;
      readonly call: StepCall;
    }
  | { readonly kind: 'event'; readonly channel: ChannelName; readonly event: PublishedEvent };

/** One run of a handler, as the thread is told of it. */
export interface ThreadRun {
  readonly work: ThreadWork;
  readonly agent: { readonly id: string; readonly name: string };
  readonly group: string;
  readonly log: {
    readonly level: string;
    readonly isReadable: boolean;
    readonly fields: Record<string, unknown>;
  };
}

/** To the thread. A thread has one run at a time. */
export type ToThread =
  | { readonly type: 'run'; readonly number: number; readonly run: ThreadRun }
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: ThreadError };

/** From the thread. A call with the id 0 wants no answer. */
export type FromThread =
  | { readonly type: 'ready' }
  | {
      readonly type: 'call';
      readonly run: number;
      readonly id: number;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'ended'; readonly run: number; readonly value?: unknown; readonly error?: ThreadError };

/** An error that has lost its class on the way between threads. */
export interface ThreadError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a `ParleyError`. */
  readonly code?: ErrorCode;
  readonly details?: ErrorReport['details'];
  /** Of a `Reject`. */
  readonly reason?: string;
}

export function packError(thrown: unknown): ThreadError {
  const error = errorOf(thrown);
  const { message, stack } = error;
  if (error instanceof ParleyError) return { message, stack, code: error.code, details: error.details };
  return error instanceof Reject ? { message, stack, reason: error.reason } : { message, stack };
}

export function unpackError({ message, stack, code, details, reason }: ThreadError): Error {
  const error =
    code !== undefined
      ? new ParleyError(code, message, details === undefined ? {} : { details })
      : reason !== undefined
        ? new Reject(reason, message)
        : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
