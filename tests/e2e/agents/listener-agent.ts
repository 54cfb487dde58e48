import { defineAgent } from '@parley/agent-kit';

/** Comes late, wants the last three notes, and says of each that it has heard it. */
export default defineAgent({
  name: 'Listener',
  description: 'Hears what was said before it came',
  attempts: 1,
  subscriptions: [{ channel: 'human', types: ['note'], replayLast: 3 }],
  async onEvent({ event, publish, agent }) {
    if (event.payload === 'unbearable') throw new Error('not that one');
    await publish('human', 'heard', { note: event.payload, by: agent.id });
  },
  onMessage: () => 'I only listen.',
});
