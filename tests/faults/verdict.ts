import { setTimeout as delay } from 'node:timers/promises';
import { type ChatMessage, isTerminal, MessagePage, type MessageStatus } from '@parley/shared-models';
import type { ConversationRecord, Load } from './load.ts';

/** What became of all messages. All but the first four must be 0 or empty. */
export interface Verdict {
  written: number;
  acknowledged: number;
  answered: number;
  /** Reasons that the sender saw, and how often. */
  failed: Record<string, number>;
  /** Acknowledged, and not in the store. */
  lost: string[];
  /** Acknowledged, and in no terminal state when the time to settle was over. */
  open: string[];
  /** More than one answer stored, or one and a failure. */
  answeredTwice: string[];
  /** Shown to a reader more than once. */
  shownTwice: string[];
  /** Stored, and never shown to the reader that follows. */
  notShown: string[];
  outOfOrder: string[];
  /** Died of being handed out too often, without being one that kills; or killed, and did not die of that. */
  diedWithAnother: string[];
  errors: string[];
}

/** Compares what was written with what is stored and what was shown. */
export async function judge(load: Load, url: string, settleMs: number): Promise<Verdict> {
  const verdict: Verdict = {
    written: 0,
    acknowledged: 0,
    answered: 0,
    failed: {},
    lost: [],
    open: [],
    answeredTwice: [],
    shownTwice: [],
    notShown: [],
    outOfOrder: [],
    diedWithAnother: [],
    errors: load.errors,
  };
  const deadline = performance.now() + settleMs;
  for (const record of load.records) await judgeConversation(record, load, url, deadline, verdict);
  return verdict;
}

export function isClean(verdict: Verdict): boolean {
  const { lost, open, answeredTwice, shownTwice, notShown, outOfOrder, diedWithAnother, errors } = verdict;
  return [lost, open, answeredTwice, shownTwice, notShown, outOfOrder, diedWithAnother, errors].every(
    (list) => list.length === 0,
  );
}

async function judgeConversation(
  record: ConversationRecord,
  { deadly }: Load,
  url: string,
  deadline: number,
  verdict: Verdict,
): Promise<void> {
  const acknowledged = [...record.acknowledged.keys()];
  verdict.written += record.written.length;
  verdict.acknowledged += acknowledged.length;
  if (acknowledged.length === 0) return;

  const hasSettled = ({ messages, statuses }: Stored): boolean =>
    acknowledged.every((id) => {
      const status = statuses.get(id);
      return status === undefined || isTerminal(status.status);
    }) && record.shown.length >= messages.length;
  let stored = await fetchAll(url, record.conversationId);
  while (!hasSettled(stored) && performance.now() < deadline) {
    await delay(250);
    stored = await fetchAll(url, record.conversationId);
  }

  const { messages, statuses } = stored;
  const answers = new Map<string, ChatMessage[]>();
  for (const message of messages) {
    if (message.kind === 'TEXT' || message.inReplyTo === undefined) continue;
    answers.set(message.inReplyTo, [...(answers.get(message.inReplyTo) ?? []), message]);
  }
  for (const id of acknowledged) {
    const status = statuses.get(id);
    if (status === undefined) verdict.lost.push(id);
    else if (!isTerminal(status.status)) verdict.open.push(`${id} (${status.status})`);
    else if (status.status === 'answered') verdict.answered += 1;
    else {
      const reason = `${status.status}: ${status.error?.code}`;
      verdict.failed[reason] = (verdict.failed[reason] ?? 0) + 1;
    }
    const isWornOut = status?.status === 'dead_lettered' && status.error?.code === 'delivery_limit';
    if (status !== undefined && isWornOut !== deadly.has(id)) verdict.diedWithAnother.push(id);
    if ((answers.get(id)?.length ?? 0) > 1) verdict.answeredTwice.push(id);
  }
  judgeOrder(record, messages, verdict);
}

function judgeOrder(record: ConversationRecord, messages: readonly ChatMessage[], verdict: Verdict): void {
  messages.forEach((message, index) => {
    if (message.seq !== index + 1)
      verdict.outOfOrder.push(`${record.conversationId}: seq ${message.seq} at ${index + 1}`);
  });
  const texts = messages.filter((message) => message.kind === 'TEXT').map((message) => message.id);
  const written = record.written.filter((id) => texts.includes(id));
  if (written.join() !== texts.join())
    verdict.outOfOrder.push(`${record.conversationId}: not as they were written`);

  const seen = new Set<string>();
  let lastSeq = 0;
  for (const message of record.shown) {
    if (seen.has(message.id)) verdict.shownTwice.push(message.id);
    else if (message.seq !== lastSeq + 1)
      verdict.outOfOrder.push(`${message.id}: shown ${message.seq} after ${lastSeq}`);
    seen.add(message.id);
    lastSeq = message.seq;
  }
  for (const message of messages) if (!seen.has(message.id)) verdict.notShown.push(message.id);
}

interface Stored {
  readonly messages: ChatMessage[];
  readonly statuses: ReadonlyMap<string, MessageStatus>;
}

async function fetchAll(url: string, conversationId: string): Promise<Stored> {
  const messages: ChatMessage[] = [];
  const statuses = new Map<string, MessageStatus>();
  for (let hasMore = true; hasMore; ) {
    const afterSeq = messages.at(-1)?.seq ?? 0;
    const response = await fetch(
      `${url}/api/conversations/${conversationId}/messages?limit=500&afterSeq=${afterSeq}`,
    );
    if (response.status === 404) break;
    const page = MessagePage.parse(await response.json());
    messages.push(...page.messages);
    for (const status of page.statuses) statuses.set(status.messageId, status);
    hasMore = page.hasMore;
  }
  return { messages, statuses };
}
