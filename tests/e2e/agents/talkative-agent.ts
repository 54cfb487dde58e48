import { defineAgent } from '@parley/agent-kit';

const PAGE = 'x'.repeat(50_000);

/** Answers "<n> pages" with so many replies of 50,000 characters, and anything else by repeating it. */
export default defineAgent({
  name: 'Talkative',
  description: 'Says a lot',
  concurrency: 32,
  async onMessage({ text, reply }) {
    const pages = Number(/^(\d+) pages$/.exec(text)?.[1] ?? 0);
    if (pages === 0) return text;
    for (let page = 0; page < pages; page++) await reply(PAGE);
    return undefined;
  },
});
