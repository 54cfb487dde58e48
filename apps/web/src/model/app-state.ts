import type { ConnectionState, OutboxItem } from '@parley/client';
import type {
  AgentSession,
  AgentStatus,
  ChatMessage,
  ClientFrameOf,
  Conversation,
  ErrorReport,
  Participant,
  ServerFrameOf,
} from '@parley/shared-models';
import type { ChannelRecord } from './channel-events.ts';
import type { CommandRecords } from './command-records.ts';
import type { Drafts } from './drafts.ts';
import type { LastSeen } from './last-seen.ts';
import type { StepProgress, Tasks } from './task-list.ts';
import type { Loading, Thread } from './thread.ts';

/** A message that the server has refused, and the error. It is kept until the person sends it again or discards it. */
export interface Refusal {
  readonly item: Omit<OutboxItem, 'state' | 'lastError'>;
  readonly error: ErrorReport;
}

/** An operator's action on an agent, until the agent's state shows it or the server refuses it. */
export interface AgentControl {
  readonly action: AgentAction;
  /** The reason why the action failed. */
  readonly failure?: string;
}

export type AgentAction = ClientFrameOf<'agent.control'>['action'];

/** All data that the app has from the server. Unchanged parts keep their identity. */
export interface AppState {
  readonly connection: ConnectionState;
  /** The last `welcome` of the server; it stays when the connection is lost. */
  readonly welcome: ServerFrameOf<'welcome'> | undefined;
  /** Milliseconds by which the server's clock is ahead of ours. */
  readonly clockOffsetMs: number;
  /** Undefined until the first list has arrived. */
  readonly agents: readonly AgentStatus[] | undefined;
  /** By agent. */
  readonly agentControls: Readonly<Record<string, AgentControl>>;
  /** By id: the loaded commands, and those that changed since. For operators only. */
  readonly commands: CommandRecords;
  readonly commandsLoading: Loading;
  /** The oldest command of the list without gaps; undefined before the first page. */
  readonly oldestCommand: string | undefined;
  readonly hasOlderCommands: boolean;
  readonly conversations: Readonly<Record<string, Conversation>>;
  readonly conversationsLoading: Loading;
  readonly threads: Readonly<Record<string, Thread>>;
  readonly drafts: Drafts;
  /** The typing participants, by conversation. */
  readonly typing: Readonly<Record<string, readonly Participant[]>>;
  /** The agent that holds the conversation, by conversation. */
  readonly agentSessions: ReadonlyMap<string, AgentSession>;
  /** Messages that are not acknowledged yet, in order. */
  readonly outbox: readonly OutboxItem[];
  readonly refused: readonly Refusal[];
  readonly lastSeen: LastSeen;
  /** The events of the followed channels, in order of time. */
  readonly events: readonly ChannelRecord[];
  readonly tasks: Tasks;
  readonly stepProgress: StepProgress;
  /** The newest message of another participant, for the announcement to screen readers. */
  readonly latestReceived: ChatMessage | undefined;
}

export const initialState = (lastSeen: LastSeen): AppState => ({
  connection: { state: 'closed', reason: 'idle' },
  welcome: undefined,
  clockOffsetMs: 0,
  agents: undefined,
  agentControls: {},
  commands: {},
  commandsLoading: { phase: 'loading' },
  oldestCommand: undefined,
  hasOlderCommands: false,
  conversations: {},
  conversationsLoading: { phase: 'loading' },
  threads: {},
  drafts: {},
  typing: {},
  agentSessions: new Map(),
  outbox: [],
  refused: [],
  lastSeen,
  events: [],
  tasks: {},
  stepProgress: {},
  latestReceived: undefined,
});
