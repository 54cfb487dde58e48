import type { RequestOf } from '@parley/control-plane';
import {
  callOfStep,
  STEP_CALL,
  type StepRecord,
  stepMessageId,
  type TaskDocument,
} from '@parley/durable-tasks';
import {
  ASK_ORIGIN,
  type AskOrigin,
  type ChatMessage,
  deriveId,
  JsonValue,
  ParleyError,
} from '@parley/shared-models';
import type { AgentEntry } from '../agents/agent-entry.ts';
import { awaitReply } from '../requests/await-reply.ts';
import { submit } from '../requests/submit.ts';
import type { ServerServices } from '../server-services.ts';
import { stopStep } from './cancel-task.ts';
import { requireTask } from './task-records.ts';

/**
 * Dispatches an attempt at a step as a message to the step's group, once, and waits for the reply. Steps have
 * conversations of their own, so that an agent can be at several of one task.
 */
export async function runStep(
  services: ServerServices,
  { lease, stepId, attempt, timeoutMs, ...caller }: Omit<RequestOf<'runStep'>, 'isCancellation'>,
  signal: AbortSignal,
): Promise<ChatMessage> {
  const agent = services.agents.require(caller.agentId, caller.incarnation);
  const notUnderWay = (): ParleyError =>
    new ParleyError('id_conflict', `Attempt ${attempt} at "${stepId}" is not under way, or not yours.`);
  const { document, token } = await requireTask(services, lease.id);
  if (document.group !== agent.profile.group) throw new ParleyError('forbidden', 'Another group drives it.');
  const step = runningStep(document, stepId, attempt);
  if (token !== lease.token || step === undefined) throw notUnderWay();
  const known = await services.store.getMessage(stepMessageId(lease.id, step));
  const isDispatched = known?.ownerId === ownerOf(document);
  const question = isDispatched ? known.message : await dispatch(services, agent, document, step);
  if (!isDispatched) {
    // Another server may have cancelled the task, and looked for the message before it was there.
    const now = await requireTask(services, lease.id);
    if (runningStep(now.document, stepId, attempt) === undefined) {
      await stopStep(services, lease.id, step);
      throw notUnderWay();
    }
  }
  return awaitReply(services, question, { timeoutMs, signal });
}

const ownerOf = ({ group }: TaskDocument): string => `agent:${group}`;

function runningStep({ steps }: TaskDocument, stepId: string, attempt: number): StepRecord | undefined {
  return steps.find((step) => step.id === stepId && step.state === 'running' && step.attempt === attempt);
}

async function dispatch(
  services: ServerServices,
  agent: AgentEntry,
  task: TaskDocument,
  step: StepRecord,
): Promise<ChatMessage> {
  const { group, name } = agent.profile;
  const id = stepMessageId(task.id, step);
  refuseWithoutAgent(services, step, id);
  const requestId = task.rounds.at(-1)?.requestId ?? task.id;
  const asker = { agentId: agent.agentId, group, requestId };
  // Its own group may do steps, too: the driver of a task waits without taking up the place of a message.
  const origin: AskOrigin = { user: task.user, chain: [asker] };
  const { message } = await submit(services, {
    message: {
      id,
      conversationId: deriveId(id, 'conversation'),
      kind: 'TEXT',
      // The group, not the agent: after a fail-over another instance sends the same.
      sender: { kind: 'agent', id: group, name },
      text: step.title,
      createdAt: new Date().toISOString(),
      metadata: { [ASK_ORIGIN]: origin, [STEP_CALL]: JsonValue.parse(callOfStep(task, step)) },
    },
    ownerId: ownerOf(task),
    target: { group: step.group },
    timeoutMs: step.timeoutMs,
  });
  return message;
}

/** The broker would refuse it, but only as a message that is kept for good, and again with each time it is tried. */
function refuseWithoutAgent({ agents }: ServerServices, { group }: StepRecord, askId: string): void {
  if (agents.list().some((agent) => agent.group === group && agent.state !== 'offline')) return;
  throw new ParleyError('no_agent_online', `None of the group “${group}” is online.`, { details: { askId } });
}
