import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import type { AgentDefinition } from '../src/agent-definition.ts';

/** An agent whose handlers do what the message says; for tests of threads, which load it by this file's URL. */
export default async function isolatedAgent(): Promise<AgentDefinition> {
  return {
    name: 'Tess',
    isolated: true,
    concurrency: 2,
    async onMessage({ text, ask, memory, user, history, publish, stream, reply, typing, signal, logger }) {
      switch (text) {
        case 'all': {
          typing();
          logger.info('from the thread');
          const count = await memory.update('count', z.number(), (before = 0) => before + 1);
          const said = await history();
          await publish('agents', 'counted', { count });
          await stream(
            (async function* () {
              yield `${user.name} ${count} `;
              yield Buffer.from(`${said.length}`);
            })(),
          );
          return reply('and more', { isLast: true });
        }
        case 'ask':
          return (await ask({ group: 'hr' }, 'Who is away?')).text;
        case 'compute':
          for (;;);
        case 'wait':
          return delay(60_000, 'too late', { signal });
        case 'exit':
          return process.exit(3);
        case 'fill': {
          const kept: unknown[] = [];
          for (;;) kept.push(new Array(100_000).fill(kept.length));
        }
        case 'refuse':
          throw new ParleyError('unavailable', 'The model is away.');
        case 'null':
          throw null;
        case 'number':
          return 42 as never;
        case 'function':
          return reply('a', { f: (() => 1) as never });
        case 'later':
          void reply('not waited for');
          return;
        default:
          return text;
      }
    },
    subscriptions: [{ channel: 'agents' }],
    events: { 'wrong.shape': z.object({ count: z.number() }) },
    async onEvent({ event, memory, publish, reply, logger }) {
      switch (event.type) {
        case 'all': {
          logger.info('from the thread');
          const count = await memory.update('events', z.number(), (before = 0) => before + 1);
          await publish('agents', 'counted', { count });
          return reply(`event ${count}`, { messageId: String(event.payload) });
        }
        case 'compute':
          for (;;);
        case 'exit':
          return process.exit(3);
        case 'wrong.reply':
          return reply(42 as never, { messageId: String(event.payload) });
      }
    },
    onSessionEnd: ({ user }) => `Goodbye ${user.name}`,
  };
}
