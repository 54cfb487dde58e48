import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  type CommandPiece,
  type CommandRecord,
  isFinalCommandState,
  type ServerFrame,
  SIGNAL_KEYS,
  Signals,
} from '@parley/shared-models';
import type { CommandStore } from '@parley/store';
import type { Reader } from '../websocket/client-socket.ts';
import { type CommandFollower, createCommandFollower, outputFrame } from './command-follower.ts';

/** Shows operators the state of every command, and followers the output of theirs, on every server. */
export interface CommandHub {
  /** From now on the reader is told of every state. */
  attach(reader: Reader): void;
  leave(reader: Reader): void;
  /** From now on the reader gets the output after `afterSeq`, the stored pieces first. */
  follow(reader: Reader, commandId: string, afterSeq: number): void;
  /** Tells a follower where the command stands, after the output that there is. */
  tell(reader: Reader, command: CommandRecord): void;
  unfollow(reader: Reader, commandId: string): void;
  /** A command has a new state, which is stored. */
  changed(command: CommandRecord): void;
  /** A piece was stored. */
  printed(command: CommandRecord, piece: CommandPiece): void;
  stop(): Promise<void>;
}

export interface CommandHubOptions {
  readonly serverId: string;
  readonly commands: CommandStore;
  readonly bus: MessageBus;
  readonly logger: Logger;
  /** A command of this agent has changed on another server. */
  readonly onForeignChange: (agentId: string) => void;
}

/** Other servers are told of output at most this often for each command. */
const SIGNAL_MS = 50;

export function statusFrame(command: CommandRecord): ServerFrame {
  return { type: 'command.status', id: command.id, state: command.state, command };
}

export async function createCommandHub(options: CommandHubOptions): Promise<CommandHub> {
  const { serverId, commands, bus, logger } = options;
  const operators = new Set<Reader>();
  const followers = new Map<string, Map<Reader, CommandFollower>>();
  /** The same by reader, so that one that leaves is looked for nowhere else. */
  const followed = new Map<Reader, Set<string>>();
  /** Commands with output that other servers are about to be told of, and their agents. */
  const printing = new Map<string, string>();
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;

  const signal = (commandId: string, agentId: string, hasNewState: boolean): void => {
    const body = Buffer.from(JSON.stringify({ serverId, commandId, agentId, hasNewState }));
    bus.signal({ type: 'command.changed', key: SIGNAL_KEYS.commands, body });
  };
  const signalOutput = (): void => {
    timer = undefined;
    for (const [commandId, agentId] of printing) signal(commandId, agentId, false);
    printing.clear();
  };

  const tellAll = (command: CommandRecord, isForeign: boolean): void => {
    const frame = JSON.stringify(statusFrame(command));
    const following = followers.get(command.id);
    for (const reader of operators) if (following?.has(reader) !== true) reader.send(frame);
    const isFinal = isFinalCommandState(command.state);
    for (const follower of following?.values() ?? [])
      follower.onStatus(frame, { isFinal, hasAll: !isForeign });
  };

  const onForeign = async (commandId: string, agentId: string, hasNewState: boolean): Promise<void> => {
    if (hasNewState) {
      options.onForeignChange(agentId);
      if (operators.size === 0 && !followers.has(commandId)) return;
      const found = await commands.get(commandId);
      if (found !== undefined) tellAll(found.record, true);
    }
    for (const follower of followers.get(commandId)?.values() ?? []) follower.catchUp();
  };

  const subscription = await bus.subscribe(`server_commands_${serverId}`, ({ type, body }) => {
    if (type !== 'command.changed') return;
    const reading = async (): Promise<void> => {
      const change = Signals['command.changed'].parse(JSON.parse(Buffer.from(body).toString('utf8')));
      if (change.serverId !== serverId) await onForeign(change.commandId, change.agentId, change.hasNewState);
    };
    const handled: Promise<void> = reading()
      .catch((err: unknown) =>
        logger.warn({ err }, 'a signal of another server about a command was not passed on'),
      )
      .finally(() => underWay.delete(handled));
    underWay.add(handled);
  });
  // Where the queue is away, the watch over open commands finds the changes that were not signalled.
  const binding = subscription.bind(SIGNAL_KEYS.commands).catch((err: unknown) => {
    logger.warn({ err }, 'the signals about commands could not be bound');
  });
  const stopWatching = bus.onHealth(({ state }) => {
    if (state !== 'up') return;
    for (const each of followers.values()) for (const follower of each.values()) follower.catchUp();
  });

  const unfollow = (reader: Reader, commandId: string): void => {
    const following = followers.get(commandId);
    following?.get(reader)?.stop();
    following?.delete(reader);
    if (following?.size === 0) followers.delete(commandId);
    const own = followed.get(reader);
    own?.delete(commandId);
    if (own?.size === 0) followed.delete(reader);
  };

  return {
    attach: (reader) => void operators.add(reader),
    leave(reader) {
      operators.delete(reader);
      for (const commandId of [...(followed.get(reader) ?? [])]) unfollow(reader, commandId);
    },
    follow(reader, commandId, afterSeq) {
      // The connection was closed while the command was looked up.
      if (!reader.isOpen()) return;
      const following = followers.get(commandId) ?? new Map<Reader, CommandFollower>();
      followers.set(commandId, following);
      following.get(reader)?.stop();
      const follower = createCommandFollower({ reader, commandId, afterSeq, commands, logger });
      following.set(reader, follower);
      followed.set(reader, (followed.get(reader) ?? new Set()).add(commandId));
      follower.catchUp();
    },
    tell(reader, command) {
      const frame = JSON.stringify(statusFrame(command));
      const isFinal = isFinalCommandState(command.state);
      followers.get(command.id)?.get(reader)?.onStatus(frame, { isFinal, hasAll: false });
    },
    unfollow,
    changed(command) {
      printing.delete(command.id);
      tellAll(command, false);
      signal(command.id, command.agentId, true);
    },
    printed(command, piece) {
      const following = followers.get(command.id);
      if (following !== undefined) {
        const frame = outputFrame(command.id, piece);
        for (const follower of following.values()) follower.onStored(piece.seq, frame);
      }
      printing.set(command.id, command.agentId);
      timer ??= setTimeout(signalOutput, SIGNAL_MS);
    },
    async stop() {
      clearTimeout(timer);
      stopWatching();
      for (const each of followers.values()) for (const follower of each.values()) follower.stop();
      await binding;
      await subscription.close();
      await Promise.all(underWay);
    },
  };
}
