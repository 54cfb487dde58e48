import type { ChatMessage } from '../chat-message.ts';
import type { CommandRecord } from '../command.ts';
import type { ServerFrameOf, ServerFrameType } from '../server-frames.ts';
import { AT, type FrameExamples, ID, OTHER_ID } from './frame-examples.ts';

const USER = { kind: 'user', id: 'ada', name: 'Ada' } as const;
const AGENT = { kind: 'agent', id: 'echo', name: 'Echo' } as const;

const MESSAGE: ChatMessage = {
  id: ID,
  conversationId: OTHER_ID,
  seq: 2,
  kind: 'REPLY',
  sender: AGENT,
  receiver: USER,
  text: '',
  inReplyTo: OTHER_ID,
  createdAt: AT,
  metadata: { model: 'offline rules', deep: [{ er: null }] },
};

const COMMAND: CommandRecord = {
  id: ID,
  agentId: 'shell',
  agentName: 'Shell',
  requestedBy: { id: 'ada', name: 'Ada' },
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
        connectionId: ID,
        user: { id: 'ada', name: 'Ada', roles: ['member'] },
        serverTime: AT,
        heartbeatMs: 15_000,
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
      { type: 'ack', id: ID, conversationId: OTHER_ID, seq: 1 },
      { type: 'ack', id: ID, conversationId: OTHER_ID, seq: 1, message: MESSAGE },
    ],
    invalid: [
      [{ seq: 0 }, 'seq'],
      [{ message: {} }, 'message.id'],
    ],
  },
  message: {
    valid: [
      { type: 'message', message: MESSAGE },
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
        messageId: ID,
        conversationId: ID,
        agentId: 'echo',
        index: 0,
        text: 'H',
        inReplyTo: ID,
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
        messageId: ID,
        conversationId: ID,
        status: 'failed',
        routing: {
          agentId: 'echo',
          agentName: 'Echo',
          strategy: 'keywords',
          confidence: 0.92,
          reason: 'keyword "echo"',
          candidates: [{ agentId: 'echo', agentName: 'Echo', confidence: 0.92 }],
        },
        hops: [{ service: 'server', at: AT }],
        error: { code: 'agent_failed', message: 'no' },
      },
      { type: 'message.status', messageId: ID, conversationId: ID, status: 'accepted', hops: [] },
    ],
    invalid: [
      [{ status: 'lost' }, 'status'],
      [{ hops: [{ service: 'x', at: 'now' }] }, 'hops.0.at'],
    ],
  },
  typing: {
    valid: [{ type: 'typing', conversationId: ID, by: AGENT, isTyping: false }],
    invalid: [[{ by: { ...AGENT, kind: 'robot' } }, 'by.kind']],
  },
  session: {
    valid: [
      {
        type: 'session',
        conversationId: ID,
        session: { agentId: 'finance', agentName: 'Finance', group: 'finance', since: AT, expiresAt: AT },
      },
      { type: 'session', conversationId: ID, session: null },
    ],
    invalid: [
      [{ session: undefined }, 'session'],
      [{ session: { agentId: 'finance' } }, 'session.agentName'],
    ],
  },
  agents: {
    valid: [
      {
        type: 'agents',
        isFull: true,
        agents: [
          {
            agentId: 'echo',
            agentName: 'Echo',
            group: 'echo',
            description: '',
            capabilities: [],
            keywords: ['echo'],
            examples: [],
            state: 'online',
            load: 0.25,
            lastSeen: AT,
            incarnation: 1,
            metrics: { handled: 1, failed: 0, meanHandleMs: 1.5 },
          },
        ],
      },
    ],
    invalid: [
      [{ agents: [{}] }, 'agents.0.agentId'],
      [{ isFull: undefined }, 'isFull'],
    ],
  },
  'agents.load': {
    valid: [
      {
        type: 'agents.load',
        agents: [
          {
            agentId: 'echo',
            load: 0.25,
            lastSeen: AT,
            metrics: { handled: 1, failed: 0, meanHandleMs: 1.5 },
          },
        ],
      },
      { type: 'agents.load', agents: [] },
    ],
    invalid: [
      [{ agents: [{}] }, 'agents.0.agentId'],
      [{ agents: undefined }, 'agents'],
    ],
  },
  'command.status': {
    valid: [
      { type: 'command.status', id: ID, state: 'running', command: COMMAND },
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
    valid: [{ type: 'command.output', id: ID, stream: 'stderr', seq: 1, data: 'no\n' }],
    invalid: [[{ stream: 'stdin' }, 'stream']],
  },
  'queues.reset': {
    valid: [
      { type: 'queues.reset', removed: 3, failed: 3, queues: [{ name: 'broker_input_queue', removed: 3 }] },
    ],
    invalid: [[{ removed: -1 }, 'removed']],
  },
  'task.update': {
    valid: [
      {
        type: 'task.update',
        task: {
          id: ID,
          conversationId: ID,
          state: 'EXECUTING',
          title: 'Stock performance of Apple',
          version: 7,
          round: 1,
          group: 'planner',
          createdAt: AT,
          updatedAt: AT,
          plan: [
            {
              id: 'prices',
              title: 'Load the prices of AAPL',
              state: 'done',
              kind: 'step',
              round: 1,
              group: 'executor',
              dependsOn: [],
              attempt: 1,
              maxAttempts: 3,
              agentId: 'executor',
              startedAt: AT,
              endedAt: AT,
              summary: '21 days',
            },
          ],
        },
      },
    ],
    invalid: [[{ task: { id: ID, conversationId: ID, state: 'PAUSED', plan: [] } }, 'task.state']],
  },
  'task.progress': {
    valid: [
      {
        type: 'task.progress',
        taskId: ID,
        conversationId: ID,
        stepId: 'prices:AAPL',
        agentId: 'executor',
        text: '20 of 60 days',
        at: AT,
      },
    ],
    invalid: [
      [{ stepId: 'a b' }, 'stepId'],
      [{ text: 'x'.repeat(1001) }, 'text'],
    ],
  },
  'event.accepted': { valid: [{ type: 'event.accepted', id: ID }], invalid: [[{ id: 'x' }, 'id']] },
  event: {
    valid: [
      {
        type: 'event',
        channel: 'agents',
        event: {
          id: ID,
          type: 'order_created',
          payload: [1, 'a', null],
          source: AGENT,
          at: AT,
          correlationId: ID,
        },
      },
    ],
    invalid: [[{ channel: 'robots' }, 'channel']],
  },
  'external.send': {
    valid: [
      { type: 'external.send', id: ID, text: 'Hello' },
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
        message: 'text: too small',
        inReplyTo: ID,
        details: { path: 'text' },
      },
      { type: 'error', code: 'internal', message: '' },
    ],
    invalid: [[{ code: 'oops' }, 'code']],
  },
  pong: { valid: [{ type: 'pong' }], invalid: [] },
};
