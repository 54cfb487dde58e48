import type { AgentCommand, AgentStatus, CommandResult, CommandStateReport } from '@parley/shared-models';
import type { AgentServices } from '../agent-services.ts';
import type {
  AgentCaller,
  AgentStatusUpdate,
  HeartbeatRequest,
  HeartbeatResponse,
  RegisterAgentRequest,
  RegisterAgentResponse,
  RegisterBrokerRequest,
  SubscribeToAgentStatusRequest,
} from '../control-plane.ts';
import { routeLibraryLog } from '../library-log.ts';
import type { Logger } from '../logger.ts';
import { type ServiceName, serviceDefinition } from '../proto-definitions.ts';
import type { MemberTls } from '../tls.ts';
import * as answers from '../wire/answers.ts';
import { agentState, commandRunState } from '../wire/enum-names.ts';
import { joinPieces } from '../wire/join-pieces.ts';
import { parseAnswer } from '../wire/parse.ts';
import { createAgentServices } from './agent-services.ts';
import { type CommandOutputStream, openCommandOutput } from './command-output-stream.ts';
import { type Method, openConnection } from './connection.ts';
import { readStream } from './read-stream.ts';

export interface ControlPlaneClientOptions {
  /** The server's gRPC address, e.g. `127.0.0.1:50051`. */
  readonly url: string;
  readonly joinToken?: string | undefined;
  /** @default not encrypted */
  readonly tls?: MemberTls | undefined;
  readonly logger: Logger;
  readonly deadlines?: {
    /** For an answer, in milliseconds, connecting included. @default 5000 */
    readonly callMs?: number;
    /** For the server to accept a stream, in milliseconds, connecting included. @default 5000 */
    readonly openStreamMs?: number;
  };
  /** A connection that was silent this long is pinged, in milliseconds. @default 10000 */
  readonly keepaliveMs?: number;
  /** A ping that is not answered in this time ends the connection, in milliseconds. @default 5000 */
  readonly keepaliveTimeoutMs?: number;
}

/** Options of a stream. */
export interface StreamOptions {
  /** Ends the iteration with `cancelled`. */
  readonly signal?: AbortSignal;
  /** Called when the server has accepted the stream, which may be long before the first item. */
  onOpen?(): void;
}

/**
 * The RPCs of `parley.v1`. Every call throws a `ParleyError` with the code that the server gave; `unavailable` when the
 * server cannot be reached or does not answer within the deadline. A `signal` stops a call with `cancelled`.
 */
export interface ControlPlaneClient {
  registerAgent(request: RegisterAgentRequest, signal?: AbortSignal): Promise<RegisterAgentResponse>;
  unregisterAgent(request: { agentId: string; incarnation: number }, signal?: AbortSignal): Promise<void>;
  heartbeat(request: HeartbeatRequest, signal?: AbortSignal): Promise<HeartbeatResponse>;
  registerBroker(request: RegisterBrokerRequest, signal?: AbortSignal): Promise<{ heartbeatMs: number }>;
  unregisterBroker(request: { brokerId: string }, signal?: AbortSignal): Promise<void>;
  getAgentStatus(request: { agentId: string }, signal?: AbortSignal): Promise<AgentStatus>;
  /** The full list first, then changes. Leaving the loop ends the subscription. */
  subscribeToAgentStatus(
    request: SubscribeToAgentStatusRequest,
    options?: StreamOptions,
  ): AsyncIterable<AgentStatusUpdate>;
  /** Leaving the loop ends the stream, by which the server sees that the agent is gone. */
  receiveCommands(
    request: { agentId: string; incarnation: number },
    options?: StreamOptions,
  ): AsyncIterable<AgentCommand>;
  sendCommandState(report: CommandStateReport & { incarnation: number }, signal?: AbortSignal): Promise<void>;
  openCommandOutput(): CommandOutputStream;
  sendCommandResult(result: CommandResult & { incarnation: number }, signal?: AbortSignal): Promise<void>;
  /** What the server does for one agent; `caller` is asked for with each call. */
  servicesFor(caller: () => AgentCaller): AgentServices;
  /**
   * Resolves when there is a connection.
   * @param timeoutMs in milliseconds. @default 5000
   * @throws ParleyError `unavailable` after that time
   */
  whenReady(timeoutMs?: number): Promise<void>;
  /**
   * The next call goes over a fresh channel: for a connection that does not heal by itself. Calls under way are not
   * touched; they end as they would have.
   */
  renewChannel(): void;
  /** Cancels every call and closes the connection. Idempotent. */
  close(): void;
}

/** @throws Error when the join token has characters that cannot be sent */
export function createControlPlaneClient(options: ControlPlaneClientOptions): ControlPlaneClient {
  routeLibraryLog(options.logger);
  const callMs = options.deadlines?.callMs ?? 5_000;
  const openMs = options.deadlines?.openStreamMs ?? 5_000;
  const connection = openConnection({
    url: options.url,
    joinToken: options.joinToken,
    tls: options.tls,
    callMs,
    keepaliveMs: options.keepaliveMs ?? 10_000,
    keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? 5_000,
  });
  const agents = (name: string): Method => method('AgentRegistrationService', name);
  const brokers = (name: string): Method => method('BrokerRegistrationService', name);
  const status = (name: string): Method => method('AgentStatusService', name);
  const commands = (name: string): Method => method('CommandService', name);

  return {
    async registerAgent(request, signal) {
      const answer = await connection.unary(agents('RegisterAgent'), request, signal);
      const { credential, ...registered } = parseAnswer(answers.RegisteredAgent, answer);
      connection.useCredential(credential);
      return registered;
    },
    async unregisterAgent(request, signal) {
      await connection.unary(agents('UnregisterAgent'), request, signal);
    },
    async heartbeat(request, signal) {
      const sent = { ...request, state: agentState.encode(request.state) };
      return parseAnswer(answers.HeartbeatAnswer, await connection.unary(agents('Heartbeat'), sent, signal));
    },
    async registerBroker(request, signal) {
      const answer = await connection.unary(brokers('RegisterBroker'), request, signal);
      const { credential, ...registered } = parseAnswer(answers.RegisteredBroker, answer);
      connection.useCredential(credential);
      return registered;
    },
    async unregisterBroker(request, signal) {
      await connection.unary(brokers('UnregisterBroker'), request, signal);
    },
    async getAgentStatus(request, signal) {
      const answer = await connection.unary(status('GetAgentStatus'), request, signal);
      return parseAnswer(answers.FoundAgent, answer).agent;
    },
    async *subscribeToAgentStatus(request, { signal, onOpen } = {}) {
      const call = connection.answerStream(status('SubscribeToAgentStatus'), request);
      yield* joinPieces(readStream(call, { schema: answers.StatusPiece, openMs, signal, onOpen }));
    },
    async *receiveCommands(request, { signal, onOpen } = {}) {
      const call = connection.answerStream(commands('ReceiveCommands'), request);
      yield* readStream(call, { schema: answers.ReceivedCommand, openMs, signal, onOpen });
    },
    async sendCommandState(report, signal) {
      const sent = { ...report, state: commandRunState.encode(report.state) };
      await connection.unary(commands('SendCommandState'), sent, signal);
    },
    openCommandOutput: () => openCommandOutput(connection, commands('SendCommandOutput'), callMs),
    async sendCommandResult(result, signal) {
      await connection.unary(commands('SendCommandResult'), result, signal);
    },
    servicesFor: (caller) => createAgentServices(connection, caller),
    whenReady: (timeoutMs = 5_000) => connection.whenReady(timeoutMs),
    renewChannel: () => connection.renew(),
    close: () => connection.close(),
  };
}

function method(service: ServiceName, name: string): Method {
  const found = serviceDefinition(service)[name];
  if (found === undefined) throw new Error(`${service} has no rpc ${name}`);
  return found;
}
