export * from './events.ts';
export { agentSessionOf, SessionState } from './held-conversation.ts';
export type { Known, Moment, Refusal, Transition } from './request.ts';
export * from './request.ts';
export { MAX_ATTEMPTS } from './routed.ts';
export * from './transition.ts';
