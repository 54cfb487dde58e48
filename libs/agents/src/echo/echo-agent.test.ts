import { describe, expect, it } from '@jest/globals';
import { createTestContext } from '@parley/agent-kit/testing';
import { echoAgent } from './echo-agent.ts';

describe('Echo', () => {
  it.each(['Hello', '  spaces stay  ', 'two\nlines', '**bold** `code` <b>html</b>', 'Grüße 👋'])(
    'repeats %j as it is',
    async (text) => {
      await expect(Promise.resolve(echoAgent.onMessage(createTestContext(text).context))).resolves.toBe(text);
    },
  );
});
