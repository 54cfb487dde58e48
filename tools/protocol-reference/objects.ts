import {
  AgentLoad,
  AgentMetrics,
  AgentSession,
  AgentStatus,
  AuditEntry,
  ChatMessage,
  CommandRecord,
  Conversation,
  DeadLetter,
  EventBody,
  ExternalStatus,
  Failure,
  HealthReport,
  Hop,
  MessageStatus,
  Participant,
  PublishedEvent,
  ReplyBody,
  RoutingCandidate,
  RoutingDecision,
  SessionHint,
  Settled,
  Target,
  Task,
  TaskError,
  TaskProgress,
  TaskStep,
  User,
} from '@parley/shared-models';
import type { z } from 'zod';

/** Objects in frames, queue messages and answers over HTTP; each has a table of its own in `docs/protocol.md`. */
export const OBJECTS: Readonly<Record<string, z.ZodType>> = {
  ChatMessage,
  ReplyBody,
  Participant,
  Target,
  Conversation,
  AgentSession,
  SessionHint,
  MessageStatus,
  RoutingDecision,
  RoutingCandidate,
  Hop,
  AgentStatus,
  AgentLoad,
  AgentMetrics,
  Settled,
  Failure,
  PublishedEvent,
  EventBody,
  Task,
  TaskStep,
  TaskError,
  TaskProgress,
  CommandRecord,
  DeadLetter,
  AuditEntry,
  ExternalStatus,
  HealthReport,
  User,
};

/** @throws Error when it has no table */
export function linkTo(name: string): string {
  if (OBJECTS[name] === undefined) throw new Error(`${name} has no table`);
  return `[${name}](#${name.toLowerCase()})`;
}
