import type { StepContext } from '@parley/agent-kit';
import { ERRORS, ParleyError } from '@parley/shared-models';
import { ATTEMPTS } from '../plan/plan-steps.ts';
import type { Finding } from './step-input.ts';

const FAILURES = {
  calculation: 'could not be calculated',
  query: 'could not be queried',
  page: 'could not be read',
  work: 'could not be done',
} as const;

/**
 * The finding, or its failure with the reason: one bad source must not cost the whole report.
 * @throws ParleyError where a further attempt can help, or nobody wants it any more
 */
export async function orMissing(
  { step, signal, logger }: Pick<StepContext, 'step' | 'signal' | 'logger'>,
  kind: keyof typeof FAILURES,
  about: string,
  find: () => Promise<Finding>,
): Promise<Finding> {
  try {
    return await find();
  } catch (error) {
    if (signal.aborted || !(error instanceof ParleyError) || error.code === 'cancelled') throw error;
    if (ERRORS[error.code].canRetry && step.attempt < ATTEMPTS) throw error;
    logger.info({ err: error, kind, about }, 'a source could not be had');
    const summary = `${about.trim()} ${FAILURES[kind]}: ${error.message}`;
    return { kind, about, text: summary, source: '', summary, isMissing: true };
  }
}
