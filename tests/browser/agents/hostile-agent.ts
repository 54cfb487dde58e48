import { setTimeout as wait } from 'node:timers/promises';
import { defineAgent } from '@parley/agent-kit';
import { hostileTexts, list } from './hostile-texts.ts';

/** Answers with the text of that name; `write …`: in pieces, as a model does; `list`: a list, at the speed of a model. */
export default defineAgent({
  name: 'Hostile',
  description: 'Writes what is hard to draw',
  keywords: ['hostile'],
  async onMessage({ text, stream }) {
    const [, isWritten, name = ''] = /^@Hostile (write )?(.*)$/.exec(text) ?? [];
    if (name === 'list') return void (await stream(pieces(list, 80, 20)));
    const answer = hostileTexts[name] ?? 'no such text';
    if (isWritten === undefined) return answer;
    await stream(pieces(answer, 20, 0));
  },
});

async function* pieces(text: string, count: number, everyMs: number): AsyncGenerator<string> {
  const length = Math.ceil(text.length / count);
  for (let at = 0; at < text.length; at += length) {
    yield text.slice(at, at + length);
    if (everyMs > 0) await wait(everyMs);
  }
}
