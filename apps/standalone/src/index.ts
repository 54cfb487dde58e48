export { StandaloneConfig } from './config.ts';
export { type RunningStandalone, startStandalone } from './start-standalone.ts';
