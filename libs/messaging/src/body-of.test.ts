import { expect, it } from '@jest/globals';
import { LIMITS } from '@parley/shared-models';
import { z } from 'zod';
import { bodyOf } from './body-of.ts';
import { Reject } from './message-bus.ts';

it('takes no body that is larger than a queue message may be', () => {
  const sized = (bytes: number): { body: Uint8Array } => ({
    body: Buffer.from(`"${'x'.repeat(bytes - 2)}"`),
  });
  expect(bodyOf(sized(LIMITS.queueBodyBytes), z.string(), 'text')).toHaveLength(LIMITS.queueBodyBytes - 2);
  expect(() => bodyOf(sized(LIMITS.queueBodyBytes + 1), z.string(), 'text')).toThrow(
    new Reject(
      'malformed_message',
      'the body is no text: it has 1048577 bytes; a body may have 1048576 bytes',
    ),
  );
});
