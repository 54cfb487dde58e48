import { defineAgent } from '@parley/agent-kit';

/** Never finishes what it has begun, whoever asks it to; with LABEL it is its own next version, which answers. */
export default defineAgent({
  name: 'Stubborn',
  description: 'Does not come to an end',
  onMessage({ logger, text }) {
    const { LABEL } = process.env;
    if (LABEL !== undefined) return `${LABEL}: ${text}`;
    logger.info('it has begun');
    return new Promise(() => {});
  },
});
