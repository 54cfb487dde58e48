import { ParleyError } from '@parley/shared-models';
import type { Accepted, AcceptInput } from '../store.ts';
import { previewOf, titleOf } from './conversation-text.ts';
import { agentSessionOf, sessionStateOf, stepOnMessage } from './session.ts';
import { storableMessage } from './storable-message.ts';
import type { Write } from './workspace.ts';

/** The message becomes part of its conversation and goes into the outbox; sent again, it changes nothing. */
export function accept({
  message: sent,
  ownerId,
  target,
  isSessionEnd: isEnd = false,
  timeoutMs,
}: AcceptInput): Write<Accepted> {
  const unstored = storableMessage(sent);
  const { id, conversationId, text, sender, createdAt } = unstored;
  let stored: Accepted | undefined;
  return {
    keys: { messages: [id], conversations: [conversationId] },
    undone() {
      stored = undefined;
    },
    run(workspace) {
      const conversation = workspace.conversation(conversationId);
      if (conversation !== undefined && conversation.ownerId !== ownerId) {
        throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
      }
      const known = workspace.message(id);
      if (known !== undefined) {
        const isSame =
          known.conversationId === conversationId &&
          known.sender.kind === sender.kind &&
          known.sender.id === sender.id &&
          known.text === text;
        if (!isSame)
          throw new ParleyError('id_conflict', 'This message id was used for another message before.');
        // Run again because nobody learned that it was committed: its sender has to bring it to the broker.
        if (stored !== undefined) return { ...stored, message: known };
        return { message: known, isDuplicate: true };
      }
      if (conversation === undefined) {
        workspace.addConversation({ id: conversationId, ownerId, title: titleOf(text), createdAt });
      }
      const seq = (conversation?.lastSeq ?? 0) + 1;
      const message = { ...unstored, seq };
      const now = Date.now();
      const state = conversation?.session === undefined ? undefined : sessionStateOf(conversation.session);
      const { hint, next } = stepOnMessage(state, { now, seq, isEnd, text, target });
      workspace.append(message, previewOf(text));
      if (next !== undefined) workspace.saveSession(conversationId, JSON.stringify(next));
      workspace.addRequest({
        messageId: id,
        conversationId,
        seq,
        target: target === undefined ? undefined : JSON.stringify(target),
        session: hint === undefined ? undefined : JSON.stringify(hint),
        state: 'accepted',
        attempt: 0,
        agentId: undefined,
        routing: undefined,
        hops: '[]',
        error: undefined,
        isInOutbox: true,
        timeoutMs,
        routedAt: undefined,
        unansweredMs: 0,
      });
      const sessionChange = next === undefined ? undefined : (agentSessionOf(next, now) ?? null);
      stored = {
        message,
        isDuplicate: false,
        ...(hint === undefined ? {} : { session: hint }),
        ...(sessionChange === undefined ? {} : { sessionChange }),
      };
      return stored;
    },
  };
}
