export * from './decide-receiver.ts';
export * from './keyword-score.ts';
export * from './session-end.ts';
