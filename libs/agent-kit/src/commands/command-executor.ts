import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@parley/process-kit';
import type { AgentCommand } from '@parley/shared-models';
import type { AgentDefinition } from '../agent-definition.ts';
import { requestOf } from './command-context.ts';
import type { CommandEntry, Stopping } from './command-entry.ts';
import { createCommandJournal } from './command-journal.ts';
import { type CommandLink, type CommandReporter, createCommandReporter } from './command-reporter.ts';
import { endCommand, runCommand } from './run-command.ts';
import { createTurns } from './turns.ts';

/** Receives an agent's commands, executes each once, and reports its result. */
export interface CommandExecutor {
  receive(command: AgentCommand): void;
  /** Takes no more commands and waits for running ones; those that still run after that are stopped. */
  drain(timeoutMs: number): Promise<void>;
  /** Answers the `shutdown` commands: the last thing before the agent leaves. */
  answerShutdown(): Promise<void>;
  /** Stops running commands and takes no more: another process has taken the agent's place. */
  abandon(): void;
  /** Stops everything, and waits for running commands to end. Idempotent. */
  stop(): Promise<void>;
  /** The running and waiting commands, for people. */
  describe(): readonly string[];
}

export interface CommandExecutorOptions {
  /** Asked for with each command. */
  readonly definition: () => AgentDefinition;
  readonly link: () => CommandLink;
  readonly logger: Logger;
  /** As in RunCommandOptions. @default false */
  readonly hasTurnFirst?: boolean;
  /** The server has the result of the command. */
  onTold?(commandId: string): void;
  /** The agent's status, for the command `status`. */
  describeAgent(): Promise<string>;
  /** An operator wants the process to end. */
  onShutdown(): void;
}

const DEFAULT_CONCURRENCY = 4;
/** Commands that have not ended or not been told: beyond these new ones are refused. */
const MAX_OPEN = 200;
/** Of the time to drain, in milliseconds: to end commands that do not end by themselves, and to report it. */
const END_MS = 4_000;
const TELL_MS = 2_000;

export function createCommandExecutor(options: CommandExecutorOptions): CommandExecutor {
  const { logger } = options;
  const journal = createCommandJournal();
  const reporters = new Map<string, CommandReporter>();
  const runs = new Set<Promise<void>>();
  const turns = createTurns(options.definition().commandConcurrency ?? DEFAULT_CONCURRENCY);
  let isDraining = false;
  let isStopped = false;

  const tell = (entry: CommandEntry): void => {
    if (isStopped) return;
    const known = reporters.get(entry.id);
    if (known !== undefined) {
      known.wake();
      return;
    }
    const reporter = createCommandReporter(entry, options.link, logger);
    reporters.set(entry.id, reporter);
    void reporter.done.then(() => {
      reporters.delete(entry.id);
      if (entry.isTold) options.onTold?.(entry.id);
    });
  };
  const supervise = (run: Promise<void>): void => {
    runs.add(run);
    void run.finally(() => runs.delete(run));
  };
  const run = (entry: CommandEntry): void => {
    const definition = options.definition();
    const { hasTurnFirst = false } = options;
    supervise(runCommand(entry, { definition, turns, hasTurnFirst, logger, onChange: () => tell(entry) }));
  };
  const endAtOnce = (entry: CommandEntry, errorMessage: string): void => {
    endCommand(entry, { errorMessage });
    tell(entry);
  };

  const status = async (entry: CommandEntry): Promise<void> => {
    try {
      entry.output.add('stdout', `${await options.describeAgent()}\n`);
      endCommand(entry, {});
    } catch (err) {
      logger.warn({ err }, 'the agent cannot report its status');
      endCommand(entry, { errorMessage: err instanceof Error ? err.message : String(err) });
    }
    tell(entry);
  };

  const start = (command: AgentCommand): void => {
    const isFull = journal.open().length >= MAX_OPEN;
    const entry = journal.add(command, requestOf(command).outputLimitBytes);
    if (isDraining) endAtOnce(entry, 'The agent is going down.');
    else if (command.type === 'status') supervise(status(entry));
    else if (command.type === 'shutdown') {
      logger.info({ by: command.requestedBy }, 'an operator wants this agent to end');
      entry.state = 'running';
      entry.report = { state: 'running' };
      tell(entry);
      options.onShutdown();
    } else if (command.type !== 'shell') endAtOnce(entry, `This agent does not know ${command.type}.`);
    else if (isFull) endAtOnce(entry, `More than ${MAX_OPEN} commands wait for this agent.`);
    else run(entry);
  };

  const comeAgain = (entry: CommandEntry, command: AgentCommand): void => {
    const isApproval = entry.state === 'awaiting_approval' && (command.approvedBy ?? '') !== '';
    if (isApproval) {
      entry.command = command;
      entry.state = 'deciding';
      run(entry);
      return;
    }
    // The server has lost sight of it: everything that the server lacks is sent again, even if it was sent before.
    const reporter = reporters.get(entry.id);
    if (reporter === undefined) tell(entry);
    else reporter.resume(command.outputSeq ?? 0);
  };

  const cancel = (command: AgentCommand): void => {
    const known = journal.find(command.commandId);
    if (known === undefined || known.state === 'awaiting_approval') {
      // One that was never here must not begin when it comes after its cancellation.
      const entry = known ?? journal.add(command, 0);
      endCommand(entry, {}, { success: false, isCancelled: true, durationMs: 0 });
      tell(entry);
    } else if (known.state === 'ended') tell(known);
    else known.abort.abort('cancelled' satisfies Stopping);
  };

  const stopRuns = (): void => {
    for (const entry of journal.open()) entry.abort.abort('abandoned' satisfies Stopping);
  };
  const settled = async (work: Iterable<Promise<void>>, timeoutMs: number): Promise<void> => {
    const over = new AbortController();
    const timer = delay(timeoutMs, undefined, { signal: over.signal }).catch((error: unknown) => {
      if (!over.signal.aborted) throw error;
    });
    await Promise.race([Promise.all(work), timer]);
    over.abort();
  };

  return {
    receive(command) {
      if (isStopped) return;
      const known = journal.find(command.commandId);
      if (command.isCancellation) cancel(command);
      else if (known === undefined) start(command);
      else comeAgain(known, command);
    },
    async drain(timeoutMs) {
      isDraining = true;
      await settled(runs, Math.max(0, timeoutMs - END_MS));
      stopRuns();
      await settled(runs, END_MS);
      const ended = journal.open().filter(({ state }) => state === 'ended');
      await settled(
        ended.map(({ id }) => reporters.get(id)?.done ?? Promise.resolve()),
        TELL_MS,
      );
    },
    async answerShutdown() {
      const shutdowns = journal.open().filter(({ command }) => command.type === 'shutdown');
      for (const entry of shutdowns) {
        if (entry.state !== 'ended') endCommand(entry, {});
        tell(entry);
      }
      await settled(
        shutdowns.map(({ id }) => reporters.get(id)?.done ?? Promise.resolve()),
        TELL_MS,
      );
    },
    abandon() {
      isDraining = true;
      stopRuns();
    },
    async stop() {
      isDraining = true;
      stopRuns();
      await settled(runs, END_MS);
      isStopped = true;
      const open = [...reporters.values()];
      for (const reporter of open) reporter.stop();
      await Promise.all(open.map(({ done }) => done));
    },
    describe() {
      const open = journal
        .open()
        .filter(({ state, command }) => state !== 'ended' && command.type !== 'status');
      return open.map(({ id, state, command, receivedAt, report }) => {
        const seconds = Math.round((performance.now() - receivedAt) / 1000);
        const what = command.type === 'shell' ? (report?.rule ?? 'shell') : command.type;
        return `${id} ${state.replace('_', ' ')}, ${what}, here for ${seconds} s`;
      });
    },
  };
}
