import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient, type Sent } from '@parley/client';
import { type ChatMessage, newId, type ServerFrameOf } from '@parley/shared-models';
import { WebSocket } from 'ws';
import type { SeededRandom } from './seeded-random.ts';

/** What one client wrote and saw in one conversation. */
export interface ConversationRecord {
  readonly conversationId: string;
  /** Ids in the order they were written. */
  readonly written: string[];
  readonly acknowledged: Map<string, ServerFrameOf<'ack'>>;
  /** Every message that was shown, in the order it was. */
  readonly shown: ChatMessage[];
  /** States that were told of each message that was written. */
  readonly endings: Map<string, string[]>;
}

export interface Load {
  readonly records: readonly ConversationRecord[];
  /** Errors that were shown to a client and that are no reason of a message. */
  readonly errors: string[];
  /** Ids of messages that kill whoever is handed them, and so have to end as dead letters. */
  readonly deadly: ReadonlySet<string>;
  /**
   * Writes that many messages at once, over all conversations, the one in the middle with this text if it is given. Resolves
   * when that one has come to its end; until then nothing else is written, as the queue would grow with each crash.
   */
  burst(count: number, deadlyText?: string): Promise<void>;
  /** Milliseconds from writing a message now to its answer. Rejects after `timeoutMs`. */
  probe(timeoutMs: number): Promise<number>;
  /** Writes no more, and resolves when all that was written is acknowledged. */
  finish(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface LoadOptions {
  readonly url: string;
  readonly random: SeededRandom;
  readonly clients: number;
  readonly conversationsPerClient: number;
  /** Mean time between two messages of one conversation, in milliseconds. */
  readonly everyMs: number;
}

/** Many clients that write without regard for what happens around them. */
export function startLoad(options: LoadOptions): Load {
  const { random } = options;
  const errors: string[] = [];
  const records: ConversationRecord[] = [];
  const clients: Client[] = [];
  const clientOf = new Map<ConversationRecord, Client>();
  const deadly = new Set<string>();
  let isPaused = false;
  const over = new AbortController();
  const writers: Promise<void>[] = [];

  const connect = (name: string): Client => {
    const client = createClient({
      url: `${options.url.replace('http', 'ws')}/ws`,
      clientName: name,
      webSocket: WebSocket,
      reconnect: { minMs: 50, maxMs: 1000 },
      ackTimeoutMs: 5000,
    });
    client.on('error', (error) => {
      if (error.origin === 'server') errors.push(`${error.code}: ${error.message}`);
    });
    clients.push(client);
    client.connect();
    return client;
  };

  const send = (client: Client, record: ConversationRecord, text: string): Sent => {
    const sent = client.send({ conversationId: record.conversationId, text });
    record.written.push(sent.id);
    sent.accepted.then(
      (ack) => record.acknowledged.set(sent.id, ack),
      (error: unknown) => errors.push(`not accepted: ${String(error)}`),
    );
    return sent;
  };
  const write = async (client: Client, record: ConversationRecord): Promise<void> => {
    while (!over.signal.aborted) {
      if (!isPaused) send(client, record, `message ${record.written.length}`);
      await delay(random.integer(1, options.everyMs * 2), undefined, { signal: over.signal }).catch(() => {});
    }
  };

  for (let number = 0; number < options.clients; number++) {
    const client = connect(`client ${number}`);
    const own = new Map<string, ConversationRecord>();
    for (let index = 0; index < options.conversationsPerClient; index++) {
      const record = {
        conversationId: newId(),
        written: [],
        acknowledged: new Map(),
        shown: [],
        endings: new Map(),
      };
      own.set(record.conversationId, record);
      records.push(record);
      clientOf.set(record, client);
      writers.push(write(client, record));
    }
    client.on('message', (message) => own.get(message.conversationId)?.shown.push(message));
    client.on('status', ({ conversationId, messageId, status }) => {
      if (status !== 'answered' && status !== 'failed' && status !== 'dead_lettered') return;
      const endings = own.get(conversationId)?.endings;
      endings?.set(messageId, [...(endings.get(messageId) ?? []), status]);
    });
  }
  const prober = connect('probe');

  return {
    records,
    errors,
    deadly,
    async burst(count, deadlyText) {
      const writing = [...clientOf];
      let end: Promise<unknown> = Promise.resolve();
      isPaused = deadlyText !== undefined;
      for (let number = 0; number < count; number++) {
        const [record, client] = writing[number % writing.length] ?? [];
        if (record === undefined || client === undefined) return;
        const isDeadly = deadlyText !== undefined && number === Math.floor(count / 2);
        const sent = send(client, record, isDeadly ? deadlyText : `burst ${number}`);
        if (!isDeadly) continue;
        deadly.add(sent.id);
        end = sent.answered.catch(() => 'dead');
      }
      await end;
      isPaused = false;
    },
    async probe(timeoutMs) {
      const start = performance.now();
      const limit = new AbortController();
      try {
        for (;;) {
          const { answered } = prober.send({ text: 'still there?' });
          const outcome = await Promise.race([
            // A message that ends with a reason has ended; the way is free when one is answered.
            answered.then(
              () => 'answered' as const,
              () => 'failed' as const,
            ),
            delay(timeoutMs, 'late' as const, { signal: limit.signal }),
          ]);
          if (outcome === 'answered') return performance.now() - start;
          if (outcome === 'late' || performance.now() - start > timeoutMs) {
            throw new Error(`nothing was answered for ${timeoutMs} ms`);
          }
        }
      } finally {
        limit.abort();
      }
    },
    async finish(timeoutMs) {
      over.abort();
      await Promise.all(writers);
      const end = performance.now() + timeoutMs;
      while (clients.some((client) => client.outbox.length > 0)) {
        if (performance.now() > end) throw new Error('messages were not acknowledged in time');
        await delay(50);
      }
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
