/** A string literal as a person would write it. */
const literal = (text: string): string => (/['\\\n]/.test(text) ? JSON.stringify(text) : `'${text}'`);

/** A short agent that does a little of everything. */
export function agentTemplate(name: string): string {
  return `import { defineAgent } from '@parley/agent-kit';
import { z } from 'zod';

/** Its memory of each person. A schema like this one checks every value read from memory. */
const Visits = z.number().int().positive();

export default defineAgent({
  name: ${literal(name)},
  // One sentence for people and for the router, which also reads the keywords and examples.
  description: ${literal(`Greets people and counts how often they write to ${name}`)},
  keywords: [${literal(name.toLowerCase())}],
  examples: [${literal(`Hello ${name}, how often have we talked?`)}],

  async onMessage({ text, user, memory, reply }) {
    // A message may be handled twice, when a process dies half-way. Memory is changed once for each message all the same,
    // and a reply is shown once.
    const visits = await memory.update('visits', Visits, (before = 0) => before + 1);
    await reply(\`Hello \${user.name}! You wrote "\${text}". We have talked \${visits === 1 ? 'once' : \`\${visits} times\`}.\`);
  },
});
`;
}

export function testTemplate(name: string, slug: string): string {
  return `import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { testAgent } from '@parley/agent-kit/testing';
import agent from './${slug}.ts';

await suite(${literal(name)}, async () => {
  await test('greets by name, and remembers how often', async () => {
    const { send } = testAgent(agent);
    assert.equal((await send('Hi')).text, 'Hello Ada! You wrote "Hi". We have talked once.');
    assert.match((await send('Hi again')).text, /We have talked 2 times\\.$/);
  });

  await test('keeps people apart', async () => {
    const { send } = testAgent(agent);
    await send('Hi');
    const { text } = await send('Hi', { user: { id: 'bob', name: 'Bob' } });
    assert.match(text, /^Hello Bob! .* once\\.$/);
  });

  await test('counts a message once, also when it is handled twice', async () => {
    const { send, redeliver, memory } = testAgent(agent);
    const first = await send('Hi');
    assert.equal((await redeliver()).text, first.text);
    assert.deepEqual(memory.values('ada'), { visits: 1 });
  });
});
`;
}
