import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ChatMessage } from '@parley/shared-models';
import type { MemoryEntry } from '../agent-services.ts';
import type { ControlPlaneHandlers } from '../control-plane.ts';
import type { Logger } from '../logger.ts';
import * as requests from '../wire/agent-services.ts';
import { encodeMessage } from '../wire/chat-message.ts';
import { fitAnswer } from '../wire/fit-answer.ts';
import { serveCancellable, serveUnary } from './serve-unary.ts';

/** What the fields around a text take in an answer, at most, in bytes. */
const ENTRY_BYTES = 500;
const MESSAGE_BYTES = 1000;

const entryBytes = ({ key, value }: MemoryEntry): number =>
  ENTRY_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value);
const messageBytes = ({ text, metadata }: ChatMessage): number =>
  MESSAGE_BYTES +
  Buffer.byteLength(text) +
  (metadata === undefined ? 0 : Buffer.byteLength(JSON.stringify(metadata)));

export function memoryService(handlers: ControlPlaneHandlers, logger: Logger): UntypedServiceImplementation {
  return {
    get: serveUnary(logger, requests.GetMemory, async ({ key, ...rest }) => ({
      entry: await handlers.getMemory({ ...key, ...rest }),
    })),
    put: serveUnary(logger, requests.PutMemory, async ({ key, ...rest }) => ({
      entry: await handlers.putMemory({ ...key, ...rest }),
    })),
    delete: serveUnary(logger, requests.DeleteMemory, async ({ key, ...rest }) => ({
      version: await handlers.deleteMemory({ ...key, ...rest }),
    })),
    history: serveUnary(logger, requests.MemoryHistory, async ({ key, limit, beforeVersion }) => {
      const before = beforeVersion === 0 ? undefined : beforeVersion;
      const entries = await handlers.memoryHistory({ ...key, limit, beforeVersion: before });
      return { entries: fitAnswer(entries, entryBytes) };
    }),
  };
}

export function conversationService(
  handlers: ControlPlaneHandlers,
  logger: Logger,
): UntypedServiceImplementation {
  return {
    history: serveUnary(logger, requests.ReadHistory, async ({ beforeSeq, ...request }) => {
      const before = beforeSeq === 0 ? undefined : beforeSeq;
      const messages = await handlers.history({ ...request, beforeSeq: before });
      // The newest ones count.
      const fitting = fitAnswer(messages.toReversed(), messageBytes).toReversed();
      return { messages: fitting.map(encodeMessage) };
    }),
    ask: serveCancellable(logger, requests.Ask, async (request, signal) => ({
      reply: encodeMessage(await handlers.ask(request, signal)),
    })),
    cancelAsk: serveUnary(logger, requests.CancelAsk, async (request) => {
      await handlers.cancelAsk(request);
      return {};
    }),
    isWanted: serveUnary(logger, requests.IsWanted, async (request) => ({
      isWanted: await handlers.isWanted(request),
    })),
  };
}
