import {
  type ClientFrame,
  type ClientFrameOf,
  type CommandRecord,
  type CommandRequestBody,
  deriveId,
  type ErrorCode,
  type ErrorReport,
  isFinalCommandState,
  newId,
  ParleyError,
  type ServerFrameOf,
} from '@parley/shared-models';

/** A command that was requested, or one for each of several agents. A rejection that is not awaited does no harm. */
export interface CommandRun {
  /** The idempotency key. */
  readonly id: string;
  /** One for each agent, in their order; `command.status` and `command.output` name them. */
  readonly commandIds: readonly string[];
  /** Resolves when every command has reached a final state. Rejects with the server's error, or `unavailable` when closed. */
  readonly ended: Promise<readonly CommandRecord[]>;
}

/** The commands that this client runs or follows, over reconnects: each piece of output is emitted once and in order. */
export interface CommandRuns {
  run(request: CommandRequestBody): CommandRun;
  open(id: string, afterSeq: number): void;
  leave(id: string): void;
  welcomed(): void;
  /** @returns whether the piece is new and next in order */
  onOutput(frame: ServerFrameOf<'command.output'>): boolean;
  onStatus(frame: ServerFrameOf<'command.status'>): void;
  /** @returns `unknown`: the id is not a requested command's; `retrying`: the request is sent again */
  refused(id: string, error: ErrorReport): 'unknown' | 'retrying' | 'rejected';
  rejectAll(error: ParleyError): void;
}

interface Asked {
  readonly frame: ClientFrameOf<'command.run'>;
  readonly commandIds: readonly string[];
  readonly records: Map<string, CommandRecord>;
  readonly resolve: (records: readonly CommandRecord[]) => void;
  readonly reject: (error: ParleyError) => void;
  retry: ReturnType<typeof setTimeout> | undefined;
}

const RETRY_MS = 1000;
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unavailable', 'rate_limited', 'quota_exceeded']);

export function createCommandRuns(
  transmit: (frame: Exclude<ClientFrame, { type: 'hello' }>) => boolean,
): CommandRuns {
  /** The last emitted piece of each followed command. */
  const seen = new Map<string, number>();
  const asked = new Map<string, Asked>();

  const ask = (run: Asked): void => {
    clearTimeout(run.retry);
    run.retry = undefined;
    transmit(run.frame);
  };
  const forget = (run: Asked): void => {
    clearTimeout(run.retry);
    asked.delete(run.frame.id);
  };
  const reopen = (id: string): void => {
    transmit({ type: 'command.open', id, afterSeq: seen.get(id) ?? 0 });
  };

  return {
    run(request) {
      const frame = { ...request, type: 'command.run', id: request.id ?? newId() } as const;
      const agentIds = [...new Set(request.agentIds ?? [])];
      const commandIds =
        request.agentIds === undefined ? [frame.id] : agentIds.map((agentId) => deriveId(frame.id, agentId));
      const ended = Promise.withResolvers<readonly CommandRecord[]>();
      ended.promise.catch(() => undefined);
      const { resolve, reject } = ended;
      const run: Asked = { frame, commandIds, records: new Map(), resolve, reject, retry: undefined };
      asked.set(frame.id, run);
      for (const id of commandIds) seen.set(id, 0);
      ask(run);
      return { id: frame.id, commandIds, ended: ended.promise };
    },
    open(id, afterSeq) {
      seen.set(id, afterSeq);
      reopen(id);
    },
    leave(id) {
      if (seen.delete(id)) transmit({ type: 'command.close', id });
    },
    welcomed() {
      const running = new Set<string>();
      for (const run of asked.values()) {
        // The server answers a repeated request with the states; the output continues from its last piece.
        if (run.records.size === 0) ask(run);
        if (run.records.size === 0) for (const id of run.commandIds) running.add(id);
      }
      for (const id of seen.keys()) if (!running.has(id)) reopen(id);
    },
    onOutput({ id, seq }) {
      const last = seen.get(id);
      // The app follows this command by a `command.open` frame of its own.
      if (last === undefined) return true;
      if (seq <= last) return false;
      if (seq > last + 1) {
        reopen(id);
        return false;
      }
      seen.set(id, seq);
      return true;
    },
    onStatus({ id, command }) {
      const run = asked.get(command.batchId ?? id) ?? asked.get(id);
      if (run === undefined || !run.commandIds.includes(id)) return;
      run.records.set(id, command);
      const records = run.commandIds.flatMap((each) => run.records.get(each) ?? []);
      if (records.length < run.commandIds.length || !records.every(({ state }) => isFinalCommandState(state)))
        return;
      forget(run);
      for (const each of run.commandIds) seen.delete(each);
      run.resolve(records);
    },
    refused(id, error) {
      const run = asked.get(id);
      if (run === undefined) return 'unknown';
      if (PASSING.has(error.code)) {
        run.retry ??= setTimeout(() => ask(run), RETRY_MS);
        return 'retrying';
      }
      forget(run);
      for (const each of run.commandIds) seen.delete(each);
      run.reject(
        new ParleyError(
          error.code,
          error.message,
          error.details === undefined ? {} : { details: error.details },
        ),
      );
      return 'rejected';
    },
    rejectAll(error) {
      for (const run of [...asked.values()]) {
        forget(run);
        run.reject(error);
      }
      seen.clear();
    },
  };
}
