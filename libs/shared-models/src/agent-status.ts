import { z } from 'zod';
import { ChannelName, EventType } from './channel-event.ts';
import { Timestamp } from './chat-message.ts';
import { boundedArray } from './collections.ts';
import { AgentId, AgentName } from './ids.ts';
import { LIMITS } from './limits.ts';
import { nameText, shownName, visibleText } from './visible-text.ts';

/** `paused`: registered, takes no messages; `draining`: finishes the messages in hand; `offline`: its lease has run out. */
export const AgentState = z.enum(['online', 'paused', 'draining', 'offline']);
export type AgentState = z.infer<typeof AgentState>;

/** The state that an operator wants for an agent, connected or not; `offline`: taken off the list. */
export const WantedAgentState = z.enum(['online', 'paused', 'offline']);
export type WantedAgentState = z.infer<typeof WantedAgentState>;

/** Capabilities that Parley itself understands; all others are for people. */
export const CAPABILITIES = {
  /** The agent takes messages that no other agent claims. */
  answersAnything: 'answers-anything',
  /** Once a message of a conversation is routed to it, those that follow are too, until the person says END. */
  holdsSession: 'holds-session',
  /** The agent runs operators' commands. */
  executesCommands: 'executes-commands',
  /** Followed by which language model it uses, or `offline rules`. */
  languageModelPrefix: 'language-model: ',
} as const;

/** Counters since the agent started. */
export const AgentMetrics = z.object({
  handled: z.number().int().nonnegative().default(0),
  failed: z.number().int().nonnegative().default(0),
  /** Mean time to the answer over the last 100 messages, in milliseconds. */
  meanHandleMs: z.number().nonnegative().default(0),
});
export type AgentMetrics = z.infer<typeof AgentMetrics>;

/** How long an agent may take over one message where it does not say so itself, in milliseconds. */
export const AGENT_TIMEOUT_MS = 120_000;

/** Events of a channel that an agent's group takes. */
export const ChannelSubscription = z.object({
  channel: ChannelName,
  /** Empty: all. */
  types: boundedArray(EventType, 100).default([]),
  /** How many of the last events of the past it wants, which it fetches itself. @default 0 */
  replayLast: z.int().min(0).max(LIMITS.eventsPage).optional(),
});
export type ChannelSubscription = z.infer<typeof ChannelSubscription>;

/** An agent's description of itself at registration. */
export const AgentProfile = z.object({
  name: AgentName,
  /** Instances of one agent share a group and its work. */
  group: AgentId,
  description: visibleText(500).default(''),
  capabilities: boundedArray(nameText(64), 50).default([]),
  /** Words that speak for this agent. */
  keywords: boundedArray(nameText(64), 200).default([]),
  /** Sentences that a person would write to this agent. */
  examples: boundedArray(visibleText(300), 200).default([]),
  /** Messages it handles at once. */
  concurrency: z.number().int().min(1).max(1000).default(4),
  /** The longest that it takes over one message, in milliseconds; not set: `AGENT_TIMEOUT_MS`. The server waits that long. */
  timeoutMs: z.number().int().min(1).max(86_400_000).optional(),
  /** The machine on which it executes commands. Its id is given to no process on another one, unless that takes it over. */
  host: nameText(255).optional(),
  /** The past of channels that the server gives it. @default none */
  subscriptions: boundedArray(ChannelSubscription, 50).optional(),
});
export type AgentProfile = z.infer<typeof AgentProfile>;

/** A server's news for the others about an agent that is connected to it. */
export const AgentClaim = z.object({
  agentId: AgentId,
  profile: AgentProfile,
  instanceId: z.string(),
  incarnation: z.number().int().positive(),
  /** The first of this very process. */
  firstIncarnation: z.number().int().positive(),
  state: AgentState,
  wanted: WantedAgentState,
  /** Whether it is within its lease. */
  isAlive: z.boolean(),
  /** Whether its command stream is open. */
  isConnected: z.boolean(),
  /** Whether its lease ran out while that stream was open: its process is there and does nothing. */
  standsStill: z.boolean().default(false),
  load: z.number().nonnegative(),
  metrics: AgentMetrics,
  /** Unix milliseconds. */
  lastSeen: z.number(),
});
export type AgentClaim = z.infer<typeof AgentClaim>;

export const AgentStatus = z.object({
  agentId: AgentId,
  agentName: shownName(64).min(1),
  group: AgentId,
  description: z.string(),
  capabilities: z.array(z.string()),
  keywords: z.array(z.string()).default([]),
  examples: z.array(z.string()).default([]),
  state: AgentState,
  /** Messages in hand divided by `concurrency`: 0 idle, 1 full. */
  load: z.number().nonnegative(),
  lastSeen: Timestamp,
  /** Grows by one with every registration of this id; the larger one speaks for the agent. */
  incarnation: z.number().int().positive(),
  metrics: AgentMetrics,
  /** The machine on which it executes commands. @default it executes none, or does not say */
  host: shownName(255).optional(),
});
export type AgentStatus = z.infer<typeof AgentStatus>;

/** The fields that change with an agent's work. */
export const AgentLoad = AgentStatus.pick({ agentId: true, load: true, lastSeen: true, metrics: true });
export type AgentLoad = z.infer<typeof AgentLoad>;

export function loadOf({ agentId, load, lastSeen, metrics }: AgentStatus): AgentLoad {
  return { agentId, load, lastSeen, metrics };
}
