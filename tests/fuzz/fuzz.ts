import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { newId } from '@parley/shared-models';
import { createSeededRandom } from '../faults/seeded-random.ts';
import { startSystem } from '../harness/parley-system.ts';
import { connectRaw, sendText } from '../harness/raw-client.ts';
import { AUTH_SECRET, signToken } from '../harness/sign-token.ts';
import { createFindings, type Findings } from './findings.ts';
import { fuzzBodies } from './fuzz-bodies.ts';
import { fuzzCalls } from './fuzz-calls.ts';
import { fuzzFrames } from './fuzz-frames.ts';

/** What is fuzzed, and as whom. */
export interface FuzzTarget {
  readonly url: string;
  readonly webSocketUrl: string;
  readonly grpcUrl: string;
  /** Of the member that sends all this. */
  readonly token: string;
  /** Of a conversation and a message that belong to somebody else. */
  readonly foreignIds: readonly string[];
  readonly findings: Findings;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly frames: number;
  readonly bodies: number;
  readonly calls: number;
  readonly log: (line: string) => void;
}

export interface FuzzReport {
  /** Each a broken promise. */
  readonly findings: readonly string[];
  /** Messages of another user that were answered meanwhile. */
  readonly answered: number;
  /** Resident memory of the server in bytes, before and after; 0 where the system does not tell. */
  readonly memory: { readonly before: number; readonly after: number };
  /** The longest that the server's event loop stood still since somebody last asked for its metrics, in milliseconds. */
  readonly longestStallMs: number;
}

/** Fuzzes a server of its own, while somebody else goes on talking to an agent there. */
export async function fuzz({ seed, frames, bodies, calls, log }: FuzzOptions): Promise<FuzzReport> {
  const secret = `secret-${randomUUID()}`;
  const findings = createFindings(secret);
  const system = await startSystem({
    driver: 'embedded',
    env: { AUTH_SECRET, RATE_LIMIT: 'off', LOG_LEVEL: 'info' },
  });
  try {
    const victim = await connectRaw(system.webSocketUrl, {
      hello: { token: await signToken('victim', 'member') },
    });
    const conversationId = newId();
    const ask = async (text: string): Promise<string> => {
      const id = sendText(victim, text, { conversationId });
      await victim.received(
        'message.status',
        (frame) => frame.messageId === id && frame.status === 'answered',
      );
      return id;
    };
    const messageId = await ask(secret);
    const target: FuzzTarget = {
      url: system.url,
      webSocketUrl: system.webSocketUrl,
      grpcUrl: String(system.env.GRPC_URL),
      token: await signToken('mallory', 'member'),
      foreignIds: [conversationId, messageId],
      findings,
    };
    const before = residentBytes(system.server.pid);

    let answered = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        await ask(`number ${answered}`);
        answered += 1;
      }
    })();
    const run = async (
      name: string,
      count: number,
      fuzzAll: typeof fuzzFrames,
      own: number,
    ): Promise<void> => {
      const begun = performance.now();
      await fuzzAll(count, createSeededRandom(own), target);
      log(`${count} ${name} in ${Math.round(performance.now() - begun)} ms`);
    };
    // At once, each with a seed of its own: the same inputs, however fast the others are.
    const work = () =>
      Promise.all([
        run('frames', frames, fuzzFrames, seed),
        run('bodies', bodies, fuzzBodies, seed + 1),
        run('calls', calls, fuzzCalls, seed + 2),
      ]);
    const died = system.server.exited.then((code) => {
      throw new Error(`the server ended with ${code}:\n${system.server.output}`);
    });
    // What fails first is what counts.
    for (const promise of [others, died]) promise.catch(() => undefined);
    await Promise.race([work(), died]);
    isOver = true;
    await Promise.race([others, died]);

    for (const line of system.server.log)
      if (line.level === 'error' || line.level === 'fatal')
        findings.add(`LOGGED ${JSON.stringify(line).slice(0, 1000)}`);
    const longestStallMs = await longestStall(system.url, await signToken('ops', 'admin'));
    const memory = { before, after: residentBytes(system.server.pid) };
    victim.close();
    return { findings: findings.list, answered, memory, longestStallMs };
  } finally {
    await system.stop();
  }
}

async function longestStall(url: string, token: string): Promise<number> {
  const metrics = await (
    await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${token}` } })
  ).text();
  const seconds = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(metrics)?.[1];
  if (seconds === undefined)
    throw new Error(`there is no event loop lag in the metrics: ${metrics.slice(0, 200)}`);
  return Number(seconds) * 1000;
}

function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}
