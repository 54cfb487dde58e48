import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { defineAgent } from '@parley/agent-kit';

const label = process.env.LABEL ?? 'gate';

/** Answers "wait for <file>" when there is such a file, and anything else at once; says which process it is. */
export default defineAgent({
  name: 'Gate',
  description: 'Waits for a file',
  async onMessage({ text, signal, logger }) {
    const [, file] = /^wait for (.+)$/.exec(text) ?? [];
    if (file !== undefined) {
      logger.info('waiting at the gate');
      while (!existsSync(file)) await wait(20, undefined, { signal });
    }
    return `${label}: ${text}`;
  },
});
