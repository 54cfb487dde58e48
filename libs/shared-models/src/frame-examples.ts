import type { ClientFrameOf, ClientFrameType } from './client-frames.ts';
import type { CommandRecord } from './command.ts';
import type { ExternalStatus } from './external.ts';
import type { ServerFrameOf, ServerFrameType } from './server-frames.ts';

/** Frames for tests: of each type ones that are right, and changes that make them wrong at a path. */
export interface FrameExamples<T> {
  readonly valid: readonly T[];
  /** What to put into the first valid one, and the path that the error then names. `undefined` leaves a field out. */
  readonly invalid: readonly (readonly [change: Readonly<Record<string, unknown>>, path: string])[];
}

const ID = '019c1234-5678-7abc-8def-0123456789ab';
const OTHER_ID = '019c1234-5678-7abc-8def-0123456789ac';
const AT = '2026-01-31T09:30:00.000Z';
const USER = { kind: 'user', id: 'ada', name: 'Ada' } as const;
const AGENT = { kind: 'agent', id: 'echo', name: 'Echo' } as const;

const EXTERNAL: ExternalStatus = {
  gatewayId: ID,
  url: 'wss://friends.example/ws/parley',
  state: 'connected',
  since: AT,
  reconnects: 0,
  received: 2,
  sent: 1,
  answered: 1,
  failed: 0,
  ignored: 0,
  queued: 1,
  kept: 0,
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

export const CLIENT_FRAMES: { readonly [T in ClientFrameType]: FrameExamples<ClientFrameOf<T>> } = {
  hello: {
    valid: [
      { type: 'hello', clientName: 'test' },
      { type: 'hello', clientName: 'test', token: 't', resume: { [ID]: 0, [OTHER_ID]: 7 } },
    ],
    invalid: [
      [{ clientName: undefined }, 'clientName'],
      [{ clientName: '' }, 'clientName'],
      [{ token: 7 }, 'token'],
      [{ resume: { [ID]: -1 } }, `resume.${ID}`],
      [{ resume: { [ID]: 1.5 } }, `resume.${ID}`],
      [{ resume: { other: 1 } }, 'resume.other'],
      [{ resume: [] }, 'resume'],
    ],
  },
  'message.send': {
    valid: [
      { type: 'message.send', id: ID, text: 'Hello' },
      {
        type: 'message.send',
        id: ID,
        conversationId: OTHER_ID,
        text: 'Hi',
        target: { agentName: 'HR' },
        inReplyTo: ID,
      },
      { type: 'message.send', id: ID, text: 'Hi', onBehalfOf: { id: '4711', name: 'Grace' } },
    ],
    invalid: [
      [{ id: undefined }, 'id'],
      [{ id: 'abc' }, 'id'],
      [{ id: '9b2f0c1e-5f0a-4f3e-8a51-0d7b8a1f2c3d' }, 'id'],
      [{ text: '' }, 'text'],
      [{ text: 5 }, 'text'],
      [{ text: 'x'.repeat(60_001) }, 'text'],
      [{ text: 'a\u0000b' }, 'text'],
      [{ target: { agentId: 'Not An Id' } }, 'target.agentId'],
      [{ target: { agentName: '' } }, 'target.agentName'],
      [{ target: { agentId: 'echo', group: 'echo' } }, 'target'],
      [{ conversationId: null }, 'conversationId'],
      [{ onBehalfOf: { id: '', name: 'Grace' } }, 'onBehalfOf.id'],
      [{ onBehalfOf: { id: '4711' } }, 'onBehalfOf.name'],
    ],
  },
  'message.cancel': {
    valid: [{ type: 'message.cancel', messageId: ID }],
    invalid: [[{ messageId: undefined }, 'messageId']],
  },
  'conversation.open': {
    valid: [
      { type: 'conversation.open', conversationId: ID },
      { type: 'conversation.open', conversationId: ID, afterSeq: 0 },
    ],
    invalid: [
      [{ conversationId: 7 }, 'conversationId'],
      [{ afterSeq: -1 }, 'afterSeq'],
    ],
  },
  'conversation.close': {
    valid: [{ type: 'conversation.close', conversationId: ID }],
    invalid: [[{ conversationId: undefined }, 'conversationId']],
  },
  typing: {
    valid: [{ type: 'typing', conversationId: ID, isTyping: true }],
    invalid: [[{ isTyping: 'yes' }, 'isTyping']],
  },
  'agents.request': { valid: [{ type: 'agents.request' }], invalid: [] },
  'agent.control': {
    valid: [
      { type: 'agent.control', agentId: 'echo', action: 'pause' },
      { type: 'agent.control', agentId: '*', action: 'reregister' },
    ],
    invalid: [
      [{ agentId: 'E' }, 'agentId'],
      [{ action: 'explode' }, 'action'],
    ],
  },
  'queues.reset': {
    valid: [{ type: 'queues.reset', confirm: true }],
    invalid: [
      [{ confirm: false }, 'confirm'],
      [{ confirm: undefined }, 'confirm'],
    ],
  },
  'command.run': {
    valid: [
      { type: 'command.run', id: ID, agentId: 'shell', command: 'ls' },
      { type: 'command.run', id: ID, agentId: 'shell', command: 'ls', cwd: '/tmp', timeoutMs: 1000 },
      { type: 'command.run', id: ID, agentIds: ['shell', 'shell-2'], command: 'ls' },
      { type: 'command.run', id: ID, agentId: 'shell', commandType: 'status', command: '' },
    ],
    invalid: [
      [{ command: '' }, 'command'],
      [{ timeoutMs: 0 }, 'timeoutMs'],
      [{ agentId: '*' }, 'agentId'],
      [{ agentId: undefined }, 'agentId'],
      [{ agentIds: ['shell'] }, 'agentId'],
      [{ agentIds: [], agentId: undefined }, 'agentIds'],
      [{ commandType: 'status' }, 'command'],
      [{ commandType: 'pause' }, 'commandType'],
    ],
  },
  'command.cancel': { valid: [{ type: 'command.cancel', id: ID }], invalid: [[{ id: 1 }, 'id']] },
  'command.open': {
    valid: [
      { type: 'command.open', id: ID },
      { type: 'command.open', id: ID, afterSeq: 3 },
    ],
    invalid: [
      [{ id: 'x' }, 'id'],
      [{ afterSeq: -1 }, 'afterSeq'],
    ],
  },
  'command.close': { valid: [{ type: 'command.close', id: ID }], invalid: [[{ id: undefined }, 'id']] },
  'command.approve': { valid: [{ type: 'command.approve', id: ID }], invalid: [[{ id: null }, 'id']] },
  'command.reject': {
    valid: [{ type: 'command.reject', id: ID, reason: 'not now' }],
    invalid: [[{ reason: 'x'.repeat(501) }, 'reason']],
  },
  'task.cancel': { valid: [{ type: 'task.cancel', taskId: ID }], invalid: [[{ taskId: '' }, 'taskId']] },
  'channel.open': {
    valid: [
      { type: 'channel.open', channel: 'human', last: 20 },
      { type: 'channel.open', channel: 'agents' },
    ],
    invalid: [
      [{ channel: 'robots' }, 'channel'],
      [{ last: -1 }, 'last'],
      [{ last: 501 }, 'last'],
    ],
  },
  'channel.close': {
    valid: [{ type: 'channel.close', channel: 'human' }],
    invalid: [[{ channel: undefined }, 'channel']],
  },
  'event.publish': {
    valid: [
      {
        type: 'event.publish',
        channel: 'human',
        event: { id: ID, type: 'order_requested', payload: { quantity: 1 } },
      },
      { type: 'event.publish', channel: 'human', event: { id: ID, type: 'note', payload: null } },
    ],
    invalid: [
      [{ channel: 'everyone' }, 'channel'],
      [{ event: { id: ID, type: '', payload: 1 } }, 'event.type'],
      [{ event: { id: ID, type: 'order #', payload: 1 } }, 'event.type'],
      [{ event: { id: ID, type: 'note' } }, 'event.payload'],
      [{ event: { id: 'x', type: 'note', payload: 1 } }, 'event.id'],
    ],
  },
  'external.report': {
    valid: [
      { type: 'external.report', status: EXTERNAL },
      {
        type: 'external.report',
        status: {
          ...EXTERNAL,
          lastError: { message: 'gone', at: AT },
          latency: { meanMs: 1.5, p95Ms: 2 },
        },
      },
    ],
    invalid: [
      [{ status: undefined }, 'status'],
      [{ status: { ...EXTERNAL, gatewayId: 'abc' } }, 'status.gatewayId'],
      [{ status: { ...EXTERNAL, state: 'gone' } }, 'status.state'],
      [{ status: { ...EXTERNAL, sent: -1 } }, 'status.sent'],
    ],
  },
  'external.sent': {
    valid: [
      { type: 'external.sent', id: ID, ok: true },
      { type: 'external.sent', id: ID, ok: false, error: 'not connected' },
    ],
    invalid: [
      [{ id: 'abc' }, 'id'],
      [{ ok: undefined }, 'ok'],
      [{ error: 7 }, 'error'],
    ],
  },
  ping: { valid: [{ type: 'ping' }], invalid: [] },
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
  ack: { valid: [{ type: 'ack', id: ID, conversationId: OTHER_ID, seq: 1 }], invalid: [[{ seq: 0 }, 'seq']] },
  message: {
    valid: [
      {
        type: 'message',
        message: {
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
        },
      },
    ],
    invalid: [[{ message: {} }, 'message.id']],
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
    ],
    invalid: [[{ index: -1 }, 'index']],
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
