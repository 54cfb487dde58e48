import type { AgentServices, VersionedTask } from '@parley/control-plane';
import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  type ChatMessage,
  deriveId,
  LIMITS,
  MessageText,
  originOf,
  ParleyError,
  subjectOf,
  Target,
} from '@parley/shared-models';
import type { AgentAddress, MessageContext } from '../agent-definition.ts';
import { createGiveWay } from '../event-loop.ts';
import { createPublish } from '../events/create-publish.ts';
import { describeValue } from '../given/describe-value.ts';
import { jsonOf } from '../given/json-of.ts';
import { streamReply } from '../reply-stream.ts';
import type { ReplyWriter } from '../reply-writer.ts';
import type { StartTask, TaskAccess, TaskRecord } from '../tasks/task-access.ts';
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

/** Makes the context of a handler for one try at one message. */
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
    memory: createMemory({ services, subject: subjectOf(user), group, requestId, signal }),
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
    tasks: createTasks({ services, request, group, isDriver: parts.isDriver }),
    typing: (isTyping = true) => writer.typing(isTyping),
    signal,
    logger,
  };
}

/** How long an agent waits for another one's answer when it does not say. */
const DEFAULT_ASK_MS = 60_000;

interface AskOptions {
  readonly services: Pick<AgentServices, 'ask' | 'cancelAsk'>;
  readonly group: string;
  readonly requestId: string;
  /** Ends the wait for the answer. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** `ask` for one run of an agent's handler; a new one for each try, so that questions get the same ids again. */
function createAsk({ services, group, requestId, signal, logger }: AskOptions): MessageContext['ask'] {
  let ordinal = 0;
  return async (agent, text, { timeoutMs = DEFAULT_ASK_MS } = {}) => {
    const id = deriveId(requestId, group, 'ask', ordinal++);
    const target = targetOf(agent);
    if (!MessageText.safeParse(text).success) {
      throw new ParleyError(
        'agent_failed',
        typeof text === 'string'
          ? `A question has 1 to ${LIMITS.textLength} characters, and no NUL.`
          : `ask() was given ${describeValue(text)} as the question; it takes a text.`,
      );
    }
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > LIMITS.askTimeoutMs) {
      throw new ParleyError('agent_failed', `timeoutMs must be an integer from 1 to ${LIMITS.askTimeoutMs}.`);
    }
    try {
      return await services.ask({ requestId, id, target, text, timeoutMs }, signal);
    } catch (error) {
      // A process that goes down leaves the question open: the agent that gets the message next asks with the same id.
      if (isUnwanted(error, signal)) {
        await services.cancelAsk({ id }).catch((err: unknown) => {
          logger.warn({ err, askId: id }, 'a question to another agent could not be stopped');
        });
      }
      throw error;
    }
  };
}

function isUnwanted(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return signal.reason !== 'abandoned';
  return error instanceof ParleyError && error.code === 'agent_timeout';
}

function targetOf(agent: AgentAddress): Target {
  const target = Target.safeParse(typeof agent === 'string' ? { agentName: agent } : agent);
  if (target.success && Object.keys(target.data).length === 1) return target.data;
  throw new ParleyError(
    'agent_failed',
    `ask() was given ${describeValue(agent)} as the agent; it takes a name, or one of { group }, { agentId }, { agentName }.`,
  );
}

const DEFAULT_HISTORY = 50;

function createHistory(
  services: Pick<AgentServices, 'history'>,
  request: ChatMessage,
): MessageContext['history'] {
  return async ({ limit = DEFAULT_HISTORY } = {}) => {
    if (!Number.isInteger(limit) || limit < 1 || limit > LIMITS.messagesPage) {
      throw new ParleyError('agent_failed', `limit must be an integer from 1 to ${LIMITS.messagesPage}.`);
    }
    // Nothing was said before the first message.
    if (request.seq === 1) return [];
    return services.history({ requestId: request.id, limit, beforeSeq: request.seq });
  };
}

const LISTED = 20;

interface TaskAccessOptions {
  readonly services: Pick<AgentServices, 'createTask' | 'refineTask' | 'listTasks' | 'cancelTask'>;
  readonly request: ChatMessage;
  readonly group: string;
  /** Whether the agent's definition has `tasks`. */
  readonly isDriver: boolean;
}

/** `tasks` for one run of an agent's handler; a new one for each try, so that tasks get the same ids again. */
function createTasks({ services, request, group, isDriver }: TaskAccessOptions): TaskAccess {
  let ordinal = 0;
  const requestId = request.id;
  const asked = ({ text = request.text, input }: Omit<StartTask, 'title'>) => ({
    requestId,
    text: textOf(text, 'text'),
    ...(input === undefined ? {} : { input: jsonOf(input, "The task's input", LIMITS.taskBytes) }),
  });

  return {
    async start({ title, ...task }) {
      if (!isDriver) {
        throw new ParleyError('agent_failed', 'Only an agent whose definition has `tasks` begins tasks.');
      }
      textOf(title, 'title');
      const id = deriveId(requestId, group, 'task', ordinal++);
      return recordOf(await services.createTask({ id, title, ...asked(task) }));
    },
    refine: async (id, task = {}) => recordOf(await services.refineTask({ id, ...asked(task) })),
    async latest() {
      const [task] = await services.listTasks({ requestId, limit: 1 });
      return task === undefined ? undefined : recordOf(task);
    },
    list: async () => (await services.listTasks({ requestId, limit: LISTED })).map(recordOf),
    cancel: async (id) => recordOf(await services.cancelTask({ requestId, id })),
  };
}

function recordOf({ document, version }: VersionedTask): TaskRecord {
  return { ...document, version };
}

function textOf(given: unknown, field: string): string {
  if (typeof given === 'string') return given;
  throw new ParleyError(
    'agent_failed',
    `A task was given ${describeValue(given)} as its ${field}; it takes a text.`,
  );
}
