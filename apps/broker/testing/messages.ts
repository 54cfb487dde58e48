import type { Envelope } from '@parley/messaging';
import { type AgentStatus, type ChatMessage, HEADERS, newId } from '@parley/shared-models';

export function agent(agentId: string, status: Partial<AgentStatus> = {}): AgentStatus {
  return {
    agentId,
    agentName: agentId,
    group: agentId,
    description: '',
    capabilities: [],
    keywords: [],
    examples: [],
    state: 'online',
    load: 0,
    lastSeen: '2026-01-31T12:00:00.000Z',
    incarnation: 1,
    metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
    ...status,
  };
}

export const mapOf = (...agents: readonly AgentStatus[]): Map<string, AgentStatus> =>
  new Map(agents.map((one) => [one.agentId, one]));

/** A message as the server publishes it. */
export function messageEnvelope(text: string, more: Partial<Envelope> = {}): Envelope {
  const message: ChatMessage = {
    id: newId(),
    conversationId: newId(),
    seq: 1,
    kind: 'TEXT',
    sender: { kind: 'user', id: 'ada', name: 'Ada' },
    text,
    createdAt: new Date().toISOString(),
  };
  return {
    messageId: message.id,
    correlationId: message.id,
    type: 'chat.message',
    timestamp: 1,
    body: Buffer.from(JSON.stringify(message)),
    ...more,
    headers: {
      [HEADERS.conversation]: message.conversationId,
      [HEADERS.sender]: 'user:ada',
      [HEADERS.attempt]: 0,
      [HEADERS.hops]: 'server=1',
      ...more.headers,
    },
  };
}

export const parsed = (envelope: Envelope): unknown => JSON.parse(Buffer.from(envelope.body).toString());
