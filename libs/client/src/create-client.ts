import { NEWEST_FRAMES, ParleyError, type ServerFrameOf } from '@parley/shared-models';
import { createAgentDirectory } from './agent-directory.ts';
import { createAnswers } from './answers.ts';
import { createBackoff } from './backoff.ts';
import type { Client, ClientOptions, SendInput, Sent } from './client.ts';
import type { ClientEvents, ConnectionState, OutboxItem, Report } from './client-events.ts';
import { resolveOptions } from './client-options.ts';
import { createCommandRuns } from './command-runs.ts';
import { composeMessage } from './compose-message.ts';
import { createDeltaOrder } from './delta-order.ts';
import { createFollows } from './follows.ts';
import { createHeldConversations } from './held-conversations.ts';
import { createIncoming } from './incoming-frames.ts';
import { createKeptMessages } from './kept-messages.ts';
import { createListeners } from './listeners.ts';
import { createSender } from './sender.ts';
import { createConnection } from './server-connection.ts';

/**
 * A client of one Parley server. It does nothing before `connect()`.
 * @throws ParleyError `invalid_request` when the protocol does not allow `clientName` or `resume`
 * @throws Error without a global WebSocket when none is passed
 */
export function createClient(options: ClientOptions): Client {
  const resolved = resolveOptions(options);

  const listeners = createListeners<ClientEvents>((error, event) => {
    if (event !== 'error' && listeners.has('error')) {
      report({ code: 'internal', message: `a listener of "${event}" threw`, cause: error });
    } else {
      // There is no listener for it. As an uncaught exception it is visible, outside of the socket's callback.
      queueMicrotask(() => {
        throw error;
      });
    }
  });
  const report: Report = (error) => listeners.emit('error', { ...error, origin: 'client' });

  const directory = createAgentDirectory();
  const held = createHeldConversations((frame) => listeners.emit('session', frame));
  const deltas = createDeltaOrder();
  const commands = createCommandRuns((frame) => connection.transmit(frame));
  let welcome: ServerFrameOf<'welcome'> | undefined;
  let wantsAgents = false;

  const connection = createConnection({
    ...resolved,
    backoff: resolved.isReconnecting ? createBackoff(resolved.backoff) : undefined,
    stableMs: resolved.backoff.stableMs,
    hello() {
      const token = typeof options.token === 'function' ? options.token() : options.token;
      const resume = follows.resume();
      const { clientName } = options;
      return { type: 'hello', clientName, resume, frames: NEWEST_FRAMES, ...(token ? { token } : {}) };
    },
    onFrame: (frame) => handle(frame),
    onState: changed,
    report,
  });

  const sender = createSender({
    ...resolved,
    kept: createKeptMessages(resolved.storage, report),
    transmit: connection.transmit,
    backoff: createBackoff(resolved.backoff),
    onAdopted: ({ frame }) => follows.expect(frame.conversationId, false),
    onChange: emitOutbox,
  });

  const follows = createFollows({
    resume: resolved.resume,
    transmit: connection.transmit,
    fillTimeoutMs: resolved.ackTimeoutMs,
    firstUnanswered: () => answers.firstUnanswered(),
    onMessage(message) {
      answers.received(message);
      listeners.emit('message', message);
    },
  });

  const answers = createAnswers({
    graceMs: resolved.answerGraceMs,
    isBehind: (conversationId) => connection.state.state !== 'open' || follows.isBehind(conversationId),
  });

  const handle = createIncoming({
    listeners,
    directory,
    held,
    deltas,
    sender,
    follows,
    answers,
    commands,
    onWelcome(frame) {
      welcome = frame;
      held.welcomed(frame.serverTime);
      follows.welcomed();
      commands.welcomed();
      if (wantsAgents) requestAgents();
      sender.resume();
    },
  });

  let items: readonly OutboxItem[] | undefined;
  let isEmitting = false;
  const outbox = (): readonly OutboxItem[] => {
    items ??= sender.items();
    return items;
  };

  /** Emits once for all changes of one turn of the event loop. */
  function emitOutbox(): void {
    items = undefined;
    if (isEmitting) return;
    isEmitting = true;
    queueMicrotask(() => {
      isEmitting = false;
      if (listeners.has('outbox')) listeners.emit('outbox', outbox());
    });
  }

  function changed(state: ConnectionState): void {
    if (state.state !== 'open') {
      sender.suspend();
      follows.suspend();
    }
    if (state.state === 'closed' && !resolved.keepsWaiting) {
      answers.rejectAll(errorOf(state));
      commands.rejectAll(errorOf(state));
    }
    listeners.emit('connection', state);
  }

  function requestAgents(): void {
    wantsAgents = !connection.transmit({ type: 'agents.request' });
  }

  function send(input: SendInput): Sent {
    const { id, conversationId, frame } = composeMessage(input);
    if (frame instanceof ParleyError) return refuse(id, conversationId, frame);
    const waiting = sender.get(id)?.frame;
    if (waiting === undefined) {
      follows.expect(conversationId, input.conversationId === undefined);
      sender.enqueue(frame);
    } else if (JSON.stringify(waiting) !== JSON.stringify(frame)) {
      const conflict = new ParleyError('id_conflict', 'another message with this id waits to be sent');
      return refuse(id, conversationId, conflict);
    }
    return { id, conversationId, ...answers.track(id) };
  }

  /** Rejects a message without sending it. */
  function refuse(id: string, conversationId: string, error: ParleyError): Sent {
    const accepted = Promise.reject(error);
    const answered = Promise.reject(error);
    for (const promise of [accepted, answered]) promise.catch(() => undefined);
    // After `send` has returned, so that the listener can know the id.
    queueMicrotask(() => report({ code: error.code, message: error.message, inReplyTo: id, cause: error }));
    return { id, conversationId, accepted, answered };
  }

  return {
    get connection() {
      return connection.state;
    },
    get welcome() {
      return welcome;
    },
    get agents() {
      return directory.agents;
    },
    get sessions() {
      return held.sessions;
    },
    get outbox() {
      return outbox();
    },
    connect: connection.connect,
    close() {
      held.stop();
      const closing = connection.close();
      // Rejects promises of messages that were written while there was no connection, too.
      answers.rejectAll(errorOf({ state: 'closed', reason: 'closed' }));
      commands.rejectAll(errorOf({ state: 'closed', reason: 'closed' }));
      return closing;
    },
    on: listeners.on,
    send,
    cancel(id) {
      const messageId = normalized(id);
      if (!sender.withdraw(messageId)) return connection.transmit({ type: 'message.cancel', messageId });
      answers.reject(
        messageId,
        new ParleyError('cancelled', 'the message was taken back before it was sent'),
      );
      return true;
    },
    open: (conversationId, afterSeq) => follows.open(normalized(conversationId), afterSeq),
    leave(id) {
      const conversationId = normalized(id);
      follows.leave(conversationId);
      deltas.leave(conversationId);
      held.leave(conversationId);
    },
    lastSeq: (conversationId) => follows.lastSeq(normalized(conversationId)),
    // The server would answer with an error for a conversation that it does not know yet.
    typing: (conversationId, isTyping) =>
      follows.isKnown(normalized(conversationId)) &&
      connection.transmit({ type: 'typing', conversationId, isTyping }),
    requestAgents,
    control: (agentId, action) => connection.transmit({ type: 'agent.control', agentId, action }),
    run: commands.run,
    openCommand: (id, afterSeq = 0) => commands.open(normalized(id), afterSeq),
    leaveCommand: (id) => commands.leave(normalized(id)),
    frame: connection.transmit,
  };
}

/** An id as the server writes it. */
const normalized = (id: string): string => id.toLowerCase();

/** The reason why this connection will bring no answer. */
function errorOf(state: Extract<ConnectionState, { state: 'closed' }>): ParleyError {
  if (state.reason === 'unauthenticated') {
    return new ParleyError('unauthenticated', state.message || 'the server refused the token');
  }
  const why = state.message ? `: ${state.message}` : '';
  return new ParleyError('unavailable', `the connection is closed (${state.reason})${why}`);
}
