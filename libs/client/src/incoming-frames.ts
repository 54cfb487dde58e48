import { ParleyError, type ServerFrame, type ServerFrameOf } from '@parley/shared-models';
import type { AgentDirectory } from './agent-directory.ts';
import type { Answers } from './answers.ts';
import type { ClientEvents, ForwardedFrames, HandledFrame } from './client-events.ts';
import type { CommandRuns } from './command-runs.ts';
import { type DeltaOrder, dropOldest } from './delta-order.ts';
import type { Follows } from './follows.ts';
import type { HeldConversations } from './held-conversations.ts';
import type { Listeners } from './listeners.ts';
import type { Sender } from './sender.ts';

export interface IncomingOptions {
  readonly listeners: Listeners<ClientEvents>;
  readonly directory: AgentDirectory;
  readonly held: HeldConversations;
  readonly deltas: DeltaOrder;
  readonly sender: Sender;
  readonly follows: Follows;
  readonly answers: Answers;
  readonly commands: CommandRuns;
  /** Called before the listeners of `welcome`. */
  readonly onWelcome: (frame: ServerFrameOf<'welcome'>) => void;
}

/** Maximum number of messages that are remembered as `routed`; a forgotten message may be emitted as `routed` twice. */
const MOST_ROUTED = 500;

type Handlers = { readonly [T in HandledFrame]: (frame: ServerFrameOf<T>) => void };

/** Handles each frame of the server by its type. */
export function createIncoming(options: IncomingOptions): (frame: ServerFrame) => void {
  const { directory, held, deltas, sender, follows, answers, commands } = options;
  const { emit } = options.listeners;
  /** Messages with the status `routed` and no later status. */
  const routed = new Set<string>();

  function onStatus(frame: ServerFrameOf<'message.status'>): void {
    const { messageId, status } = frame;
    const wasRouted = routed.delete(messageId);
    if (status === 'routed') routed.add(messageId);
    // The server may leave out `routed` when `delivered` follows at once: one frame then stands for both.
    else if (status === 'delivered' && !wasRouted) emit('status', { ...frame, status: 'routed' });
    dropOldest(routed, MOST_ROUTED);
    answers.ended(frame);
    emit('status', frame);
  }

  const handlers: Handlers = {
    welcome(frame) {
      options.onWelcome(frame);
      emit('welcome', frame);
    },
    ack({ message, ...frame }) {
      sender.acknowledged(frame);
      follows.acknowledged(frame, message !== undefined);
      answers.acknowledged(frame);
      emit('ack', frame);
      if (message !== undefined) follows.received(message);
    },
    message({ message, status }) {
      deltas.finish(message.id);
      follows.received(message);
      const { conversationId, inReplyTo: messageId } = message;
      if (status === undefined || messageId === undefined) return;
      onStatus({ type: 'message.status', messageId, conversationId, ...status });
    },
    'message.delta'(frame) {
      if (deltas.accept(frame)) emit('delta', frame);
    },
    'message.status': onStatus,
    agents: (frame) => emit('agents', directory.update(frame)),
    'agents.load': (frame) => emit('agents', directory.updateLoads(frame)),
    session: (frame) => held.update(frame),
    'command.status'(frame) {
      emit('command.status', frame);
      commands.onStatus(frame);
    },
    'command.output'(frame) {
      if (commands.onOutput(frame)) emit('command.output', frame);
    },
    'task.update': ({ task }) => emit('task', task),
    error({ type: _, inReplyTo, ...error }) {
      if (inReplyTo === undefined) {
        emit('error', { ...error, origin: 'server' });
        return;
      }
      const ran = commands.refused(inReplyTo, error);
      if (ran === 'retrying') return;
      if (ran === 'rejected') {
        emit('error', { ...error, inReplyTo, origin: 'server' });
        return;
      }
      const outcome = sender.refused(inReplyTo, error);
      // The outbox shows it as `lastError`; the message has not failed.
      if (outcome === 'retrying') return;
      if (outcome === 'unknown') follows.failed(inReplyTo, error);
      else answers.reject(inReplyTo, asException(error));
      emit('error', { ...error, inReplyTo, origin: 'server' });
    },
    pong() {},
  };

  return (frame) => {
    // The types relate each name to its frame; indexing by a union loses that relation.
    if (frame.type in handlers) (handlers[frame.type as HandledFrame] as (frame: ServerFrame) => void)(frame);
    else emit(frame.type as keyof ForwardedFrames, frame as never);
  };
}

function asException({ code, message, details }: Omit<ServerFrameOf<'error'>, 'type'>): ParleyError {
  return new ParleyError(code, message, details === undefined ? {} : { details });
}
