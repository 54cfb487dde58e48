export { CONFIDENT, decideReceiver, type RoutingQuestion } from './decide-receiver.ts';
export { createIntentScorer, type IntentScore, type IntentScorer } from './intent-scorer.ts';
export { type ModelChoice, type ModelOption, modelOptions } from './model-choice.ts';
export type { RoutingAnswer, Workload } from './receivers.ts';
export { isSessionEnd } from './session-end.ts';
