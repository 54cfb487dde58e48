export type * from './agent-services.ts';
export { BOUND_TOKEN_HOURS, type Bound, type BoundToken, boundToken, readBoundToken } from './bound-token.ts';
export type { CommandOutputStream } from './client/command-output-stream.ts';
export { CHANNEL_OPTIONS, channelCredentials } from './client/connection.ts';
export {
  type ControlPlaneClient,
  type ControlPlaneClientOptions,
  createControlPlaneClient,
  type StreamOptions,
} from './client/create-client.ts';
export type * from './control-plane.ts';
export type { Logger } from './logger.ts';
export type {
  AgentCommandOutput,
  AgentIdentity,
  AgentMembership,
  JoinAsAgentOptions,
} from './membership/agent-membership.ts';
export { joinAsAgent } from './membership/join-as-agent.ts';
export {
  type BrokerMembership,
  type JoinAsBrokerOptions,
  joinAsBroker,
} from './membership/join-as-broker.ts';
export { type Credentials, createCredentials } from './server/credentials.ts';
export type { ConnectionEnds } from './server/join-tokens.ts';
export type { RefusedCall } from './server/refusal-log.ts';
export {
  type ControlPlaneServer,
  type ControlPlaneServerOptions,
  startControlPlaneServer,
} from './server/start-server.ts';
export type * from './task-services.ts';
export type { MemberTls, ServerTls } from './tls.ts';
export { MEMORY_VALUE_BYTES } from './wire/agent-services.ts';
