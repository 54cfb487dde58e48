import type { ClientFrameOf, ClientFrameType } from '../src/client-frames.ts';
import type { ExternalStatus } from '../src/external.ts';
import {
  AT,
  COMMAND_ID,
  CONVERSATION_ID,
  type FrameExamples,
  ID,
  MESSAGE_ID,
  OTHER_ID,
  TASK_ID,
} from './frame-examples.ts';

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

export const CLIENT_FRAMES: { readonly [T in ClientFrameType]: FrameExamples<ClientFrameOf<T>> } = {
  hello: {
    valid: [
      { type: 'hello', clientName: 'my-script', resume: { [CONVERSATION_ID]: 2 } },
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
      {
        type: 'message.send',
        id: MESSAGE_ID,
        conversationId: CONVERSATION_ID,
        text: 'What is left of my budget?',
        target: { agentName: 'Finance' },
      },
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
      [{ target: { agentid: 'echo' } }, 'target'],
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
    valid: [{ type: 'message.cancel', messageId: MESSAGE_ID }],
    invalid: [[{ messageId: undefined }, 'messageId']],
  },
  'conversation.open': {
    valid: [
      { type: 'conversation.open', conversationId: CONVERSATION_ID, afterSeq: 0 },
      { type: 'conversation.open', conversationId: ID, afterSeq: 0 },
    ],
    invalid: [
      [{ conversationId: 7 }, 'conversationId'],
      [{ afterSeq: -1 }, 'afterSeq'],
    ],
  },
  'conversation.close': {
    valid: [{ type: 'conversation.close', conversationId: CONVERSATION_ID }],
    invalid: [[{ conversationId: undefined }, 'conversationId']],
  },
  typing: {
    valid: [{ type: 'typing', conversationId: CONVERSATION_ID, isTyping: true }],
    invalid: [[{ isTyping: 'yes' }, 'isTyping']],
  },
  'agents.request': { valid: [{ type: 'agents.request' }], invalid: [] },
  'agent.control': {
    valid: [
      { type: 'agent.control', agentId: 'finance', action: 'pause' },
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
      { type: 'command.run', id: COMMAND_ID, agentId: 'shell', command: 'df -h', timeoutMs: 10_000 },
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
  'command.cancel': { valid: [{ type: 'command.cancel', id: COMMAND_ID }], invalid: [[{ id: 1 }, 'id']] },
  'command.open': {
    valid: [
      { type: 'command.open', id: COMMAND_ID, afterSeq: 0 },
      { type: 'command.open', id: ID, afterSeq: 3 },
    ],
    invalid: [
      [{ id: 'x' }, 'id'],
      [{ afterSeq: -1 }, 'afterSeq'],
    ],
  },
  'command.close': {
    valid: [{ type: 'command.close', id: COMMAND_ID }],
    invalid: [[{ id: undefined }, 'id']],
  },
  'command.approve': {
    valid: [{ type: 'command.approve', id: COMMAND_ID }],
    invalid: [[{ id: null }, 'id']],
  },
  'command.reject': {
    valid: [{ type: 'command.reject', id: COMMAND_ID, reason: 'not during business hours' }],
    invalid: [[{ reason: 'x'.repeat(501) }, 'reason']],
  },
  'task.cancel': { valid: [{ type: 'task.cancel', taskId: TASK_ID }], invalid: [[{ taskId: '' }, 'taskId']] },
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
        event: { id: TASK_ID, type: 'order_requested', payload: { product: 'Laptop', quantity: 1 } },
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
      {
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
      { type: 'external.sent', id: COMMAND_ID, ok: true },
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
