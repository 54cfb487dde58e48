import { ClientFrames, describeIssue, ParleyError, Resume } from '@parley/shared-models';
import type { ClientOptions } from './client.ts';
import { memoryStorage } from './storage.ts';
import { globalWebSocket } from './web-socket-like.ts';

const RECONNECT = { minMs: 250, maxMs: 10_000, stableMs: 5_000 };

/**
 * The options with their defaults.
 * @throws ParleyError `invalid_request` when the protocol does not allow `clientName` or `resume`
 */
export function resolveOptions(options: ClientOptions) {
  checkHello(options);
  const { reconnect } = options;
  return {
    url: options.url,
    webSocket: options.webSocket ?? globalWebSocket(),
    storage: options.storage ?? memoryStorage(),
    resume: options.resume ?? {},
    isReconnecting: reconnect !== false,
    keepsWaiting: options.keepsWaiting ?? false,
    backoff: { ...RECONNECT, ...reconnect },
    ackTimeoutMs: options.ackTimeoutMs ?? 10_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 1_000,
    answerGraceMs: options.answerGraceMs ?? 2_000,
    maxUnderWay: options.maxUnderWay ?? 128,
  };
}

function checkHello({ clientName, resume = {} }: ClientOptions): void {
  const hello = ClientFrames.hello.safeParse({ type: 'hello', clientName });
  if (!hello.success) throw new ParleyError('invalid_request', describeIssue(hello.error).message);
  // Checked one by one: the limit is for one `hello`, not for the followed conversations of an app.
  for (const [conversationId, seq] of Object.entries(resume)) {
    const one = Resume.safeParse({ [conversationId]: seq });
    if (!one.success) throw new ParleyError('invalid_request', `resume.${describeIssue(one.error).message}`);
  }
}
