import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import type { Store } from '@parley/store';
import type { AgentExchange } from './agents/agent-exchange.ts';
import type { AgentRegistry } from './agents/agent-registry.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { BrokerRegistry } from './brokers/broker-registry.ts';
import type { ChannelFollowers } from './channels/channel-followers.ts';
import type { CommandService } from './commands/command-service.ts';
import type { ServerConfig } from './config.ts';
import type { ConversationHub } from './conversations/conversation-hub.ts';
import type { ExternalGateways } from './external/external-gateways.ts';
import type { CommandStreams } from './grpc/command-streams.ts';
import type { QueueMembers } from './grpc/queue-members.ts';
import type { UserLimits } from './limits/user-limits.ts';
import type { EventRelay, OutboxRelay } from './outbox/relay.ts';
import type { SessionGate } from './requests/session-gate.ts';
import type { Submissions } from './requests/submit.ts';
import type { RevokedTokens } from './tokens/revoked-tokens.ts';
import type { Authenticator } from './users/authenticator.ts';
import type { LocalAccess } from './users/local-access.ts';

/** The parts of a running server, as its HTTP routes, frames, RPCs and queue handlers use them. */
export interface ServerServices {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly store: Store;
  readonly bus: MessageBus;
  readonly agents: AgentRegistry;
  readonly agentExchange: AgentExchange;
  readonly brokers: BrokerRegistry;
  readonly queueMembers: QueueMembers;
  readonly commands: CommandStreams;
  readonly commandService: CommandService;
  readonly audit: AuditLog;
  readonly hub: ConversationHub;
  readonly sessionGate: SessionGate;
  readonly submissions: Submissions;
  readonly relay: OutboxRelay;
  readonly channels: ChannelFollowers;
  readonly eventRelay: EventRelay;
  readonly gateways: ExternalGateways;
  readonly authenticator: Authenticator;
  /** Undefined where nobody is let in for being on this machine. */
  readonly localAccess: LocalAccess | undefined;
  readonly revokedTokens: RevokedTokens;
  readonly userLimits: UserLimits;
  readonly startedAt: number;
}
