import type { AgentServices } from '@parley/control-plane';
import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { type ChatMessage, originOf, ParleyError, subjectOf } from '@parley/shared-models';
import type { MessageContext } from '../agent-definition.ts';
import { createPublish } from '../events/create-publish.ts';
import { createGiveWay } from '../give-way.ts';
import { streamReply } from '../reply-stream.ts';
import type { ReplyWriter } from '../reply-writer.ts';
import { createTasks } from '../tasks/create-tasks.ts';
import { createAsk } from './create-ask.ts';
import { createHistory } from './create-history.ts';
import { createMemory } from './create-memory.ts';
import { patientServices } from './patient-services.ts';

export interface ContextParts {
  readonly request: ChatMessage;
  readonly agent: { readonly id: string; readonly name: string };
  readonly group: string;
  readonly writer: Pick<ReplyWriter, 'reply' | 'open' | 'typing'>;
  readonly services: AgentServices;
  readonly bus: Pick<MessageBus, 'publishEvent'>;
  /** Whether the definition drives tasks. */
  readonly isDriver: boolean;
  readonly signal: AbortSignal;
  /** Names the message in each line. */
  readonly logger: Logger;
}

/** What an agent's handler gets for one try at one message. Each member that does more than pass on has a file here. */
export function createContext(parts: ContextParts): MessageContext {
  const { request, agent, group, writer, signal, logger } = parts;
  const services = patientServices(parts.services, { signal, logger });
  const { user } = originOf(request);
  const requestId = request.id;
  const giveWay = createGiveWay();
  return {
    text: request.text,
    message: request,
    conversationId: request.conversationId,
    agent: { id: agent.id, name: agent.name },
    user: { id: user.id, name: user.name },
    memory: createMemory({ access: services.memory, subject: subjectOf(user), group, requestId, signal }),
    history: createHistory(services, request),
    ask: createAsk({ services, group, requestId, signal, logger }),
    reply: async (text, metadata) => {
      await giveWay();
      if (signal.aborted) throw new ParleyError('cancelled', 'The answer was stopped.');
      await writer.reply(text, metadata);
    },
    stream: (pieces, metadata) =>
      streamReply(pieces, metadata, { signal, logger, open: () => writer.open() }),
    publish: createPublish({
      bus: parts.bus,
      causeId: requestId,
      correlationId: requestId,
      group,
      source: { kind: 'agent', id: agent.id, name: agent.name },
      signal,
      logger,
    }),
    tasks: createTasks({ services: services.tasks, request, group, isDriver: parts.isDriver }),
    typing: (isTyping = true) => writer.typing(isTyping),
    signal,
    logger,
  };
}
