import { LIMITS } from '@parley/shared-models';
import { z } from 'zod';
import { type Envelope, Reject } from './message-bus.ts';

/**
 * The body of a queue message, as the schema wants it.
 * @param what names it in the reason: `chat message`
 * @throws Reject `malformed_message`, which names the first field that is wrong, or says that the body is too large
 *   (`LIMITS.queueBodyBytes`) to be parsed: it goes to the dead letters
 */
export function bodyOf<T>(envelope: Pick<Envelope, 'body'>, schema: z.ZodType<T>, what: string): T {
  const { byteLength } = envelope.body;
  if (byteLength > LIMITS.queueBodyBytes) {
    const most = `a body may have ${LIMITS.queueBodyBytes} bytes`;
    throw new Reject('malformed_message', `the body is no ${what}: it has ${byteLength} bytes; ${most}`);
  }
  try {
    return schema.parse(JSON.parse(Buffer.from(envelope.body).toString('utf8')));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const why = issue === undefined ? 'it is no JSON' : `${issue.path.join('.')}: ${issue.message}`;
    throw new Reject('malformed_message', `the body is no ${what}: ${why.slice(0, 200)}`, { cause });
  }
}
