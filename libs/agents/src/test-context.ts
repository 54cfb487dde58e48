import type { MessageContext } from '@parley/agent-kit';
import { createLogger } from '@parley/process-kit';
import { newId } from '@parley/shared-models';

/** What an agent did with a message, and a context that takes note of it. */
export interface TestContext {
  readonly context: MessageContext;
  /** Texts of `reply`, and of `stream` once its source has ended. */
  readonly replies: readonly string[];
  /** Pieces that went through `stream`. */
  readonly pieces: readonly string[];
  readonly typing: readonly boolean[];
  stop(): void;
}

export function createTestContext(text: string): TestContext {
  const replies: string[] = [];
  const pieces: string[] = [];
  const typing: boolean[] = [];
  const abort = new AbortController();
  const conversationId = newId();
  const sender = { kind: 'user', id: 'ada', name: 'Ada' } as const;
  const createdAt = new Date().toISOString();
  const context: MessageContext = {
    text,
    message: { id: newId(), conversationId, seq: 1, kind: 'TEXT', sender, text, createdAt },
    conversationId,
    agent: { id: 'test-1', name: 'Tess' },
    async reply(reply) {
      replies.push(reply);
    },
    async stream(source) {
      const seen: string[] = [];
      for await (const piece of source) {
        pieces.push(piece);
        seen.push(piece);
      }
      replies.push(seen.join(''));
      return seen.join('');
    },
    typing: (isTyping = true) => typing.push(isTyping),
    signal: abort.signal,
    logger: createLogger('test', 'silent'),
  };
  return { context, replies, pieces, typing, stop: () => abort.abort('cancelled') };
}
