export {
  BOUND_TOKEN_HOURS,
  type Bound,
  type BoundToken,
  boundToken,
  forAnother,
  readBoundToken,
} from './bound-token.ts';
export {
  type ControlPlaneClient,
  type ControlPlaneClientOptions,
  createControlPlaneClient,
  type StreamOptions,
} from './client/create-client.ts';
export { CHANNEL_OPTIONS, channelCredentials } from './client/grpc-connection.ts';
export { createLocalClient, type LocalClientOptions } from './client/local-client.ts';
export type { DuplexStream } from './client/send-stream.ts';
export type {
  AgentFrame,
  AgentHello,
  CommandEnd,
  HostAnswer,
  HostCall,
  ServerFrame,
} from './contracts/agent-host.ts';
export { METADATA_BYTES } from './contracts/agent-host.ts';
export type { AgentCaller } from './contracts/contract.ts';
export type { CallContext, ControlPlaneHandlers, Push } from './contracts/handlers.ts';
export {
  AGENT_CONTRACTS,
  AGENT_RPCS,
  type AgentRpc,
  type AgentServices,
  type AnswerOf,
  agentServices,
  type ChannelRpc,
  type ConversationRpc,
  type MemoryRpc,
  type RequestOf,
  type TaskRpc,
} from './contracts/index.ts';
export { MEMORY_VALUE_BYTES, type MemoryEntry } from './contracts/memory.ts';
export type {
  QueueAnswer,
  QueueDelivery,
  QueueEvent,
  QueueOperation,
  QueuePublish,
  QueueRefusal,
  QueueRequest,
} from './contracts/queue.ts';
export type {
  HeartbeatRequest,
  HeartbeatResponse,
  RegisterAgentRequest,
  RegisterAgentResponse,
} from './contracts/registration.ts';
export type { AgentStatusUpdate } from './contracts/status.ts';
export { fittingTasks, type TaskLease, type VersionedTask } from './contracts/tasks.ts';
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
export type { MemberTls, ServerTls } from './tls.ts';
export { untilAborted } from './until-aborted.ts';
export { snakeCase } from './wire/parse.ts';
