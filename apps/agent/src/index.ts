export { AgentConfig } from './config.ts';
