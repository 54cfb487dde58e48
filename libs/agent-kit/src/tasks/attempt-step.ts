import { setTimeout as delay } from 'node:timers/promises';
import type { AgentServices } from '@parley/control-plane';
import { STEP_RESULT, type StepRecord, type TaskEvent } from '@parley/durable-tasks';
import type { Logger } from '@parley/process-kit';
import { type ChatMessage, ERRORS, type ErrorCode, LIMITS, ParleyError } from '@parley/shared-models';

/** Before a task is looked at again that is not as it was thought to be, in milliseconds. */
const LOOK_AGAIN_MS = 200;

/** An attempt of which nothing is heard for so long after it was dispatched is given up, in milliseconds. */
const MAX_SILENCE_MS = 24 * 3_600_000;

/** An attempt under a lease. */
export interface Attempt {
  readonly services: Pick<AgentServices, 'runStep'>;
  readonly lease: { readonly id: string; readonly token: number };
  readonly step: StepRecord;
  /** Ends the wait; the attempt itself goes on. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Dispatches an attempt at a step, or joins the one that was dispatched before, and waits for its outcome. Undefined: the
 * task is not as it was thought to be; look at it again.
 */
export async function attemptStep({
  services,
  lease,
  step,
  signal,
  logger,
}: Attempt): Promise<TaskEvent | undefined> {
  const { id: stepId, attempt } = step;
  try {
    const reply = await patientReply({ services, lease, step, signal });
    const result = reply.metadata?.[STEP_RESULT] ?? null;
    return { type: 'done', stepId, attempt, result, agentId: reply.sender.id };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ParleyError)) throw error;
    const { code, message } = error;
    if (code === 'id_conflict') {
      await delay(LOOK_AGAIN_MS, undefined, { signal });
      return undefined;
    }
    if (isSilence(error)) {
      // The next attempt must not find this one still at work.
      const stop = { lease, stepId, attempt, timeoutMs: 1, isCancellation: true };
      await services.runStep(stop).catch((err: unknown) => {
        logger.warn({ err, stepId, attempt }, 'an attempt at a step could not be stopped');
      });
    }
    if (isAbsence(error)) return { type: 'absent', stepId, attempt, error: { code, message } };
    return { type: 'failed', stepId, attempt, error: { code, message }, canRetry: canRetry(code) };
  }
}

/**
 * The time in the agent's queue does not count, and the agent keeps the step's own limit: a silent attempt is joined
 * again.
 */
async function patientReply({
  services,
  lease,
  step: { id: stepId, attempt, startedAt },
  signal,
}: Omit<Attempt, 'logger'>): Promise<ChatMessage> {
  const until = (startedAt === undefined ? Date.now() : Date.parse(startedAt)) + MAX_SILENCE_MS;
  for (;;) {
    try {
      const timeoutMs = LIMITS.askTimeoutMs;
      const asked = { lease, stepId, attempt, timeoutMs, isCancellation: false };
      const reply = await services.runStep(asked, signal);
      if (reply === undefined)
        throw new ParleyError('internal', 'The server answered an attempt with nothing.');
      return reply;
    } catch (error) {
      if (!isSilence(error) || signal.aborted || Date.now() >= until) throw error;
    }
  }
}

/** The wait has ended, not the attempt; an error that is the outcome of an attempt names its message. */
function isSilence(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'agent_timeout' && error.details?.askId === undefined;
}

/** Nobody was there to make the attempt; an agent that was may have looked for another one that was not. */
function isAbsence({ code, details }: ParleyError): boolean {
  const isNobody = code === 'agent_offline' || code === 'unknown_agent' || code === 'no_agent_online';
  return isNobody && details?.agentId === undefined;
}

/** A group that is not registered yet may come. */
function canRetry(code: ErrorCode): boolean {
  return ERRORS[code].canRetry || code === 'unknown_agent';
}
