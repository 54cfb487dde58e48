export * from './step-call.ts';
export * from './task-document.ts';
export * from './task-plan.ts';
