export type { CommandLine } from './policy/decide.ts';
export { loadPolicy, type Policy, PolicyError, type Verdict } from './policy/load-policy.ts';
export { PolicyFile } from './policy/policy-file.ts';
export type { OutputStreamName } from './runner/bounded-output.ts';
export { findLaunchers, type Launchers, type ResourceLimits } from './runner/launcher.ts';
export { type ProcessEnd, type ProcessPlan, type RunOptions, runProcess } from './runner/run-process.ts';
export type { SystemUser } from './runner/system-user.ts';
