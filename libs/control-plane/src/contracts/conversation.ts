import { type ChatMessage, Id, LIMITS, MessageText, Target } from '@parley/shared-models';
import { z } from 'zod';
import { Message } from '../wire/chat-message.ts';
import { fitNewest } from '../wire/fit-answer.ts';
import { withoutUnset } from '../wire/without-unset.ts';
import { asItIs, Caller, EXAMPLE_CALLER, field, list, NOTHING, unary, type Wire } from './contract.ts';

/** Size of the fields around a text in an answer, at most, in bytes. */
const MESSAGE_BYTES = 1000;
const messageBytes = ({ text, metadata }: ChatMessage): number =>
  MESSAGE_BYTES +
  Buffer.byteLength(text) +
  (metadata === undefined ? 0 : Buffer.byteLength(JSON.stringify(metadata)));

const Question = z.object({
  ...Caller,
  /** The message that the asking agent is answering. */
  requestId: Id,
  /** A UUID, the idempotency key: asked again with it, the same answer comes. */
  id: Id,
  text: MessageText,
  /** The longest wait for the answer, in milliseconds. */
  timeoutMs: z.number().int().min(1).max(LIMITS.askTimeoutMs),
});
type Ask = z.infer<typeof Question> & { readonly target: Target };

const Ask: Wire<Ask> = {
  schema: Question.extend({
    targetName: z.string().optional(),
    targetAgentId: z.string().optional(),
    targetGroup: z.string().optional(),
  }).transform(({ targetName, targetAgentId, targetGroup, ...ask }, context): Ask => {
    const target = Target.safeParse({ agentName: targetName, agentId: targetAgentId, group: targetGroup });
    if (!target.success || Object.values(target.data).every((value) => value === undefined)) {
      context.addIssue({ code: 'custom', path: ['target'], message: 'one name, agent id or group' });
      return z.NEVER;
    }
    return { ...ask, target: target.data };
  }),
  encode: ({ target: { agentName, agentId, group }, ...ask }) => {
    if (agentName !== undefined) return { ...ask, targetName: agentName };
    return { ...ask, ...(agentId === undefined ? { targetGroup: group } : { targetAgentId: agentId }) };
  },
};

const CONVERSATION = { service: 'AgentConversationService', caller: 'agent' } as const;
const requestId = '0190aaaa-0000-7000-8000-000000000001';
export const exampleReply: ChatMessage = {
  id: '0190aaaa-0000-7000-8000-000000000002',
  conversationId: '0190aaaa-0000-7000-8000-0000000000c1',
  seq: 2,
  kind: 'REPLY',
  sender: { kind: 'agent', id: 'finance', name: 'Finance' },
  text: 'You have 1,200 € left.',
  inReplyTo: requestId,
  createdAt: '2026-01-31T12:00:00.000Z',
};

export const conversation = {
  /** Messages of the request's conversation, oldest first. @throws ParleyError `forbidden` for a request of somebody else */
  history: unary({
    ...CONVERSATION,
    rpc: 'History',
    request: asItIs(
      withoutUnset(
        z.object({
          ...Caller,
          /** A message that was routed to the agent's group. */
          requestId: Id,
          limit: z.number().int().min(1).max(LIMITS.messagesPage).default(50),
          /** Only messages before this one of the conversation. @default the request's own `seq` */
          beforeSeq: z.number().int().positive().optional(),
        }),
        'limit',
        'beforeSeq',
      ),
    ),
    answer: list('messages', Message, (messages) => fitNewest(messages, messageBytes)),
    example: { request: { ...EXAMPLE_CALLER, requestId, limit: 50 }, answer: [exampleReply] },
  }),
  /** Another agent's reply. @throws ParleyError `ask_loop`, `ask_depth`, or with the outcome of the question */
  ask: unary({
    ...CONVERSATION,
    rpc: 'Ask',
    request: Ask,
    answer: field('reply', Message),
    waits: ({ timeoutMs }) => timeoutMs,
    example: {
      request: {
        ...EXAMPLE_CALLER,
        requestId,
        id: '0190aaaa-0000-7000-8000-000000000003',
        target: { group: 'finance' },
        text: 'What is left of the budget?',
        timeoutMs: 30_000,
      },
      answer: exampleReply,
    },
  }),
  /** Nobody wants the answer any more: stops it. */
  cancelAsk: unary({
    ...CONVERSATION,
    rpc: 'CancelAsk',
    isAwaited: () => false,
    request: asItIs(z.object({ ...Caller, id: Id })),
    answer: NOTHING,
    example: { request: { ...EXAMPLE_CALLER, id: requestId }, answer: undefined },
  }),
  /** Whether the request still waits for its end: false once it was answered, stopped, or has failed. */
  isWanted: unary({
    ...CONVERSATION,
    rpc: 'IsWanted',
    request: asItIs(z.object({ ...Caller, requestId: Id })),
    answer: field('isWanted', { schema: z.boolean(), encode: (isWanted: boolean) => isWanted }),
    example: { request: { ...EXAMPLE_CALLER, requestId }, answer: true },
  }),
};
