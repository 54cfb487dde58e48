import type {
  AgentStatus,
  ChatMessage,
  ClientFrame,
  ClientFrameType,
  CommandRecord,
  ServerFrame,
  ServerFrameType,
} from '@parley/shared-models';

const CONVERSATION = '019aa0d4-6a00-7000-8000-00000000c0de';
const MESSAGE = '019aa0d4-6a10-7000-8000-000000000001';
const REPLY = '019aa0d4-6a10-7c3d-9f1e-5a7b8c9d0e1f';
const COMMAND = '019aa0d4-6b00-7000-8000-000000000002';
const TASK = '019aa0d4-6c00-7000-8000-000000000003';
const AT = '2026-01-31T09:30:00.000Z';

const agent: AgentStatus = {
  agentId: 'finance',
  agentName: 'Finance',
  group: 'finance',
  description: 'Budgets, invoices, expenses',
  capabilities: [],
  keywords: ['budget'],
  examples: [],
  state: 'online',
  load: 0.25,
  lastSeen: AT,
  incarnation: 3,
  metrics: { handled: 12, failed: 0, meanHandleMs: 840 },
};

const command: CommandRecord = {
  id: COMMAND,
  agentId: 'shell',
  agentName: 'Shell',
  requestedBy: { id: 'local', name: 'You' },
  type: 'shell',
  command: 'df -h',
  timeoutMs: 10_000,
  state: 'running',
  createdAt: AT,
  sentAt: AT,
  startedAt: AT,
  truncated: false,
  outputSeq: 0,
};

const reply: ChatMessage = {
  id: REPLY,
  conversationId: CONVERSATION,
  seq: 2,
  kind: 'REPLY',
  sender: { kind: 'agent', id: 'finance', name: 'Finance' },
  receiver: { kind: 'user', id: 'local', name: 'You' },
  text: 'You have **1,200 €** left.',
  inReplyTo: MESSAGE,
  createdAt: AT,
};

/** One example of each frame that a client sends, as it stands in `docs/protocol.md`. */
export const CLIENT_EXAMPLES: { readonly [T in ClientFrameType]: Extract<ClientFrame, { type: T }> } = {
  hello: { type: 'hello', clientName: 'my-script', resume: { [CONVERSATION]: 2 } },
  'message.send': {
    type: 'message.send',
    id: MESSAGE,
    conversationId: CONVERSATION,
    text: 'What is left of my budget?',
    target: { agentName: 'Finance' },
  },
  'message.cancel': { type: 'message.cancel', messageId: MESSAGE },
  'conversation.open': { type: 'conversation.open', conversationId: CONVERSATION, afterSeq: 0 },
  'conversation.close': { type: 'conversation.close', conversationId: CONVERSATION },
  typing: { type: 'typing', conversationId: CONVERSATION, isTyping: true },
  'agents.request': { type: 'agents.request' },
  'agent.control': { type: 'agent.control', agentId: 'finance', action: 'pause' },
  'queues.reset': { type: 'queues.reset', confirm: true },
  'command.run': { type: 'command.run', id: COMMAND, agentId: 'shell', command: 'df -h', timeoutMs: 10_000 },
  'command.cancel': { type: 'command.cancel', id: COMMAND },
  'command.open': { type: 'command.open', id: COMMAND, afterSeq: 0 },
  'command.close': { type: 'command.close', id: COMMAND },
  'command.approve': { type: 'command.approve', id: COMMAND },
  'command.reject': { type: 'command.reject', id: COMMAND, reason: 'not during business hours' },
  'task.cancel': { type: 'task.cancel', taskId: TASK },
  'channel.open': { type: 'channel.open', channel: 'human', last: 20 },
  'channel.close': { type: 'channel.close', channel: 'human' },
  'event.publish': {
    type: 'event.publish',
    channel: 'human',
    event: { id: TASK, type: 'order_requested', payload: { product: 'Laptop', quantity: 1 } },
  },
  'external.report': {
    type: 'external.report',
    status: {
      gatewayId: '019aa0d4-6d00-7000-8000-000000000004',
      url: 'wss://friends.example/ws/parley',
      state: 'connected',
      since: AT,
      reconnects: 1,
      received: 12,
      sent: 12,
      answered: 12,
      failed: 0,
      ignored: 1,
      queued: 0,
      kept: 0,
      latency: { meanMs: 41.5, p95Ms: 80 },
    },
  },
  'external.sent': { type: 'external.sent', id: COMMAND, ok: true },
  ping: { type: 'ping' },
};

/** One example of each frame that the server sends. */
export const SERVER_EXAMPLES: { readonly [T in ServerFrameType]: Extract<ServerFrame, { type: T }> } = {
  welcome: {
    type: 'welcome',
    connectionId: '019aa0d4-6900-7000-8000-0000000000aa',
    user: { id: 'local', name: 'You', roles: ['admin'] },
    serverTime: AT,
    heartbeatMs: 30_000,
    queue: 'embedded',
    languageModel: 'offline rules',
  },
  ack: { type: 'ack', id: MESSAGE, conversationId: CONVERSATION, seq: 1 },
  message: { type: 'message', message: reply },
  'message.delta': {
    type: 'message.delta',
    messageId: REPLY,
    conversationId: CONVERSATION,
    agentId: 'finance',
    index: 0,
    text: 'You have ',
    inReplyTo: MESSAGE,
  },
  'message.status': {
    type: 'message.status',
    messageId: MESSAGE,
    conversationId: CONVERSATION,
    status: 'routed',
    routing: {
      agentId: 'finance',
      agentName: 'Finance',
      strategy: 'keywords',
      confidence: 0.6,
      reason: '“budget” speaks for Finance.',
      candidates: [{ agentId: 'finance', agentName: 'Finance', confidence: 0.6 }],
    },
    hops: [
      { service: 'server', at: AT },
      { service: 'broker', at: '2026-01-31T09:30:00.002Z' },
    ],
  },
  typing: {
    type: 'typing',
    conversationId: CONVERSATION,
    by: { kind: 'agent', id: 'finance', name: 'Finance' },
    isTyping: true,
  },
  session: {
    type: 'session',
    conversationId: CONVERSATION,
    session: {
      agentId: 'finance',
      agentName: 'Finance',
      group: 'finance',
      since: AT,
      expiresAt: '2026-01-31T10:00:00.000Z',
    },
  },
  agents: { type: 'agents', agents: [agent], isFull: false },
  'command.status': { type: 'command.status', id: COMMAND, state: 'running', command },
  'command.output': { type: 'command.output', id: COMMAND, stream: 'stdout', seq: 1, data: 'Filesystem …\n' },
  'queues.reset': {
    type: 'queues.reset',
    removed: 2,
    failed: 3,
    queues: [{ name: 'agent_queue_finance', removed: 2 }],
  },
  'task.update': {
    type: 'task.update',
    task: {
      id: TASK,
      conversationId: CONVERSATION,
      state: 'EXECUTING',
      title: 'Stock performance of Apple',
      version: 4,
      round: 1,
      group: 'planner',
      plan: [
        {
          id: 'prices:AAPL',
          title: 'Load the prices of AAPL',
          state: 'running',
          kind: 'step',
          round: 1,
          group: 'executor',
          dependsOn: [],
          attempt: 1,
          maxAttempts: 3,
          startedAt: AT,
        },
      ],
      createdAt: AT,
      updatedAt: AT,
    },
  },
  'task.progress': {
    type: 'task.progress',
    taskId: TASK,
    conversationId: CONVERSATION,
    stepId: 'prices:AAPL',
    agentId: 'executor',
    text: '21 days read',
    at: AT,
  },
  'event.accepted': { type: 'event.accepted', id: TASK },
  event: {
    type: 'event',
    channel: 'human',
    event: {
      id: TASK,
      type: 'notification',
      payload: { message: 'Order created, you will receive an email soon.' },
      source: { kind: 'agent', id: 'email', name: 'Email' },
      at: AT,
      correlationId: MESSAGE,
    },
  },
  'external.send': {
    type: 'external.send',
    id: COMMAND,
    text: 'The office closes at noon today.',
    userId: '4711',
  },
  error: {
    type: 'error',
    code: 'invalid_frame',
    message: 'text: a string is required',
    details: { path: 'text' },
    inReplyTo: MESSAGE,
  },
  pong: { type: 'pong' },
};
