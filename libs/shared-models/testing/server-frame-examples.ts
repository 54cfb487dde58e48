import { type AgentStatus, loadOf } from '../src/agent-status.ts';
import type { ChatMessage } from '../src/chat-message.ts';
import type { CommandRecord } from '../src/command.ts';
import type { ServerFrameOf, ServerFrameType } from '../src/server-frames.ts';
import {
  AT,
  COMMAND_ID,
  CONVERSATION_ID,
  type FrameExamples,
  ID,
  MESSAGE_ID,
  OTHER_ID,
  REPLY_ID,
  TASK_ID,
} from './frame-examples.ts';

const AGENT_STATUS: AgentStatus = {
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

const AGENT = { kind: 'agent', id: 'finance', name: 'Finance' } as const;

const REPLY: ChatMessage = {
  id: REPLY_ID,
  conversationId: CONVERSATION_ID,
  seq: 2,
  kind: 'REPLY',
  sender: AGENT,
  receiver: { kind: 'user', id: 'local', name: 'You' },
  text: 'You have **1,200 €** left.',
  inReplyTo: MESSAGE_ID,
  createdAt: AT,
};
const MESSAGE: ChatMessage = {
  ...REPLY,
  text: '',
  metadata: { model: 'offline rules', deep: [{ er: null }] },
};

const COMMAND: CommandRecord = {
  id: COMMAND_ID,
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

export const SERVER_FRAMES: { readonly [T in ServerFrameType]: FrameExamples<ServerFrameOf<T>> } = {
  welcome: {
    valid: [
      {
        type: 'welcome',
        connectionId: '019aa0d4-6900-7000-8000-0000000000aa',
        user: { id: 'local', name: 'You', roles: ['admin'] },
        serverTime: AT,
        heartbeatMs: 30_000,
        queue: 'embedded',
        languageModel: 'offline rules',
      },
    ],
    invalid: [
      [{ serverTime: '2026-01-31 09:30' }, 'serverTime'],
      [{ queue: 'kafka' }, 'queue'],
    ],
  },
  ack: {
    valid: [
      { type: 'ack', id: MESSAGE_ID, conversationId: CONVERSATION_ID, seq: 1 },
      { type: 'ack', id: ID, conversationId: OTHER_ID, seq: 1, message: MESSAGE },
    ],
    invalid: [
      [{ seq: 0 }, 'seq'],
      [{ message: {} }, 'message.id'],
    ],
  },
  message: {
    valid: [
      { type: 'message', message: REPLY },
      { type: 'message', message: MESSAGE, status: { status: 'answered', hops: [] } },
    ],
    invalid: [
      [{ message: {} }, 'message.id'],
      [{ status: { status: 'answered' } }, 'status.hops'],
    ],
  },
  'message.delta': {
    valid: [
      {
        type: 'message.delta',
        messageId: REPLY_ID,
        conversationId: CONVERSATION_ID,
        agentId: 'finance',
        index: 0,
        text: 'You have ',
        inReplyTo: MESSAGE_ID,
      },
      {
        type: 'message.delta',
        messageId: ID,
        conversationId: ID,
        agentId: 'echo',
        index: 7,
        from: 0,
        text: 'Hello',
      },
    ],
    invalid: [
      [{ index: -1 }, 'index'],
      [{ from: -1 }, 'from'],
    ],
  },
  'message.status': {
    valid: [
      {
        type: 'message.status',
        messageId: MESSAGE_ID,
        conversationId: CONVERSATION_ID,
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
      { type: 'message.status', messageId: ID, conversationId: ID, status: 'accepted', hops: [] },
    ],
    invalid: [
      [{ status: 'lost' }, 'status'],
      [{ hops: [{ service: 'x', at: 'now' }] }, 'hops.0.at'],
    ],
  },
  typing: {
    valid: [
      {
        type: 'typing',
        conversationId: CONVERSATION_ID,
        by: { kind: 'agent', id: 'finance', name: 'Finance' },
        isTyping: true,
      },
    ],
    invalid: [[{ by: { ...AGENT, kind: 'robot' } }, 'by.kind']],
  },
  conversation: {
    valid: [
      {
        type: 'conversation',
        conversation: {
          id: CONVERSATION_ID,
          ownerId: 'local',
          title: 'My budget',
          createdAt: AT,
          updatedAt: AT,
          lastSeq: 2,
          preview: 'You have 1,200 € left.',
        },
      },
    ],
    invalid: [[{ conversation: { id: CONVERSATION_ID } }, 'conversation.ownerId']],
  },
  session: {
    valid: [
      {
        type: 'session',
        conversationId: CONVERSATION_ID,
        session: {
          agentId: 'finance',
          agentName: 'Finance',
          group: 'finance',
          since: AT,
          expiresAt: '2026-01-31T10:00:00.000Z',
        },
      },
      { type: 'session', conversationId: ID, session: null },
    ],
    invalid: [
      [{ session: undefined }, 'session'],
      [{ session: { agentId: 'finance' } }, 'session.agentName'],
    ],
  },
  agents: {
    valid: [{ type: 'agents', agents: [AGENT_STATUS], isFull: false }],
    invalid: [
      [{ agents: [{}] }, 'agents.0.agentId'],
      [{ isFull: undefined }, 'isFull'],
    ],
  },
  'agents.load': {
    valid: [
      { type: 'agents.load', agents: [loadOf(AGENT_STATUS)] },
      { type: 'agents.load', agents: [] },
    ],
    invalid: [
      [{ agents: [{}] }, 'agents.0.agentId'],
      [{ agents: undefined }, 'agents'],
    ],
  },
  'command.status': {
    valid: [
      { type: 'command.status', id: COMMAND_ID, state: 'running', command: COMMAND },
      {
        type: 'command.status',
        id: ID,
        state: 'failed',
        command: {
          ...COMMAND,
          batchId: OTHER_ID,
          state: 'failed',
          endedAt: AT,
          exitCode: 1,
          errorMessage: 'exit code 1',
          rule: 'disks',
          approvedBy: { id: 'eve', name: 'Eve' },
          cancelledBy: { id: 'ada', name: 'Ada' },
          truncated: true,
          durationMs: 12.5,
          outputSeq: 4,
        },
      },
    ],
    invalid: [
      [{ state: 'x' }, 'state'],
      [{ command: undefined }, 'command'],
      [{ command: { ...COMMAND, requestedBy: { id: '', name: 'Ada' } } }, 'command.requestedBy.id'],
    ],
  },
  'command.output': {
    valid: [{ type: 'command.output', id: COMMAND_ID, stream: 'stdout', seq: 1, data: 'Filesystem …\n' }],
    invalid: [[{ stream: 'stdin' }, 'stream']],
  },
  'queues.reset': {
    valid: [
      {
        type: 'queues.reset',
        removed: 2,
        failed: 3,
        queues: [{ name: 'agent_queue_finance', removed: 2 }],
      },
    ],
    invalid: [[{ removed: -1 }, 'removed']],
  },
  'task.update': {
    valid: [
      {
        type: 'task.update',
        task: {
          id: TASK_ID,
          conversationId: CONVERSATION_ID,
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
    ],
    invalid: [[{ task: { id: ID, conversationId: ID, state: 'PAUSED', plan: [] } }, 'task.state']],
  },
  'task.progress': {
    valid: [
      {
        type: 'task.progress',
        taskId: TASK_ID,
        conversationId: CONVERSATION_ID,
        stepId: 'prices:AAPL',
        agentId: 'executor',
        text: '21 days read',
        at: AT,
      },
    ],
    invalid: [
      [{ stepId: 'a b' }, 'stepId'],
      [{ text: 'x'.repeat(1001) }, 'text'],
    ],
  },
  'event.accepted': { valid: [{ type: 'event.accepted', id: TASK_ID }], invalid: [[{ id: 'x' }, 'id']] },
  event: {
    valid: [
      {
        type: 'event',
        channel: 'human',
        event: {
          id: TASK_ID,
          type: 'notification',
          payload: { message: 'Order created, you will receive an email soon.' },
          source: { kind: 'agent', id: 'email', name: 'Email' },
          at: AT,
          correlationId: MESSAGE_ID,
        },
      },
    ],
    invalid: [[{ channel: 'robots' }, 'channel']],
  },
  'external.send': {
    valid: [
      {
        type: 'external.send',
        id: COMMAND_ID,
        text: 'The office closes at noon today.',
        userId: '4711',
      },
      { type: 'external.send', id: ID, text: 'Hello', userId: '4711' },
    ],
    invalid: [
      [{ id: undefined }, 'id'],
      [{ text: '' }, 'text'],
      [{ userId: '' }, 'userId'],
    ],
  },
  error: {
    valid: [
      {
        type: 'error',
        code: 'invalid_frame',
        message: 'text: a string is required',
        details: { path: 'text' },
        inReplyTo: MESSAGE_ID,
      },
      { type: 'error', code: 'internal', message: '' },
    ],
    invalid: [[{ code: 'oops' }, 'code']],
  },
  pong: { valid: [{ type: 'pong' }], invalid: [] },
};
