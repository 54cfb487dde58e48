import type { Client, HttpApi } from '@parley/client';
import {
  type CommandPiece,
  type CommandRecord,
  type CommandRequestBody,
  newId,
  type StartedCommands,
} from '@parley/shared-models';
import type { StoreApi } from 'zustand/vanilla';
import type { AppState } from './app-state.ts';
import { newestFirst, withCommands } from './command-records.ts';
import { describeFailure } from './failures.ts';

/**
 * Commands on the agents' machines, for operators. The state holds the commands and their changes. The actions resolve when
 * the server has accepted the request, and reject with its error.
 */
export interface CommandStore {
  /** Loads the newest commands again. */
  refresh(): void;
  loadOlder(): void;
  /** Loads a command that may be older than the list. */
  load(id: string): Promise<void>;
  /** Loads the commands of a batch. @returns how many there are */
  loadBatch(batchId: string): Promise<number>;
  run(wanted: CommandRequestBody): Promise<StartedCommands>;
  cancel(id: string): Promise<void>;
  approve(id: string): Promise<void>;
  reject(id: string, reason?: string): Promise<void>;
  /** Passes each piece of output on once and in order, over reconnects, from the beginning. @returns stops it */
  follow(id: string, onPiece: (piece: CommandPiece) => void): () => void;
}

const PAGE = 100;
/** The maximum size of a batch. */
const BATCH_PAGE = 500;

export function createCommandStore(client: Client, http: HttpApi, store: StoreApi<AppState>): CommandStore {
  const { getState, setState } = store;

  function take(commands: readonly CommandRecord[]): void {
    setState((state) => {
      const next = withCommands(state.commands, commands);
      return next === state.commands ? {} : { commands: next };
    });
  }

  function loadPage(before: string | undefined): void {
    setState({ commandsLoading: { phase: 'loading' } });
    http.commands({ limit: PAGE, before }).then(
      ({ commands, hasMore }) => {
        take(commands);
        // Loading the newest page again does not change how far the list goes back.
        const isFirstLook = getState().oldestCommand === undefined;
        setState({
          commandsLoading: { phase: 'ready' },
          ...(before !== undefined || isFirstLook
            ? { hasOlderCommands: hasMore, oldestCommand: commands.at(-1)?.id ?? before }
            : {}),
        });
      },
      (error: unknown) => setState({ commandsLoading: { phase: 'failed', reason: describeFailure(error) } }),
    );
  }

  return {
    refresh: () => loadPage(undefined),
    loadOlder: () => loadPage(getState().oldestCommand ?? newestFirst(getState().commands).at(-1)?.id),
    async load(id) {
      take([await http.command(id)]);
    },
    async loadBatch(batchId) {
      const { commands } = await http.commands({ batchId, limit: BATCH_PAGE });
      take(commands);
      return commands.length;
    },
    async run(wanted) {
      const started = await http.runCommand({ id: newId(), ...wanted });
      take(started.commands);
      return started;
    },
    async cancel(id) {
      take([await http.cancelCommand(id)]);
    },
    async approve(id) {
      take([await http.approveCommand(id)]);
    },
    async reject(id, reason) {
      take([await http.rejectCommand(id, { reason })]);
    },
    follow(id, onPiece) {
      const stopListening = client.on('command.output', ({ id: of, stream, seq, data }) => {
        if (of === id) onPiece({ stream, seq, data });
      });
      client.openCommand(id);
      return () => {
        stopListening();
        client.leaveCommand(id);
      };
    },
  };
}
