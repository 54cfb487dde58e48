import { describe, expect, it } from '@jest/globals';
import type { RoutingDecision } from './chat-message.ts';
import { LIMITS } from './limits.ts';
import { decodeRouting, decodeTarget, encodeRouting, encodeTarget } from './queue-messages.ts';

describe('a target in a header', () => {
  it.each([{ agentId: 'echo' }, { agentName: 'Büro; Hilfe="1"' }, { group: 'hr' }, {}])(
    'is read back: %j',
    (target) => {
      expect(decodeTarget(encodeTarget(target))).toEqual(target);
    },
  );

  it.each(['', '{', '7', '{"agentId":"Not An Id"}', '{"agentId":"a","group":"b"}'])(
    'is refused: %j',
    (header) => {
      expect(() => decodeTarget(header)).toThrow();
    },
  );
});

it('reads a routing decision back from its header', () => {
  const routing: RoutingDecision = {
    agentId: 'echo',
    agentName: 'Echo',
    strategy: 'least-loaded',
    confidence: 1,
    reason: 'the only one',
    candidates: [],
  };
  expect(decodeRouting(encodeRouting(routing))).toEqual(routing);
  expect(() => decodeRouting('{"agentId":"echo"}')).toThrow();
  expect(() => decodeRouting(encodeRouting(routing).padEnd(LIMITS.headerLength + 1))).toThrow('a header of');
});
