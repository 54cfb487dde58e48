import { defineAgent } from '@parley/agent-kit';

/** Never finishes what it has begun, whoever asks it to. */
export default defineAgent({
  name: 'Stubborn',
  description: 'Does not come to an end',
  onMessage({ logger }) {
    logger.info('it has begun');
    return new Promise(() => {});
  },
});
