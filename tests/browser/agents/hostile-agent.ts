import { defineAgent } from '@parley/agent-kit';
import { hostileTexts } from './hostile-texts.ts';

/** Answers with the text of that name; `write …`: in pieces, as a model would. */
export default defineAgent({
  name: 'Hostile',
  description: 'Writes what is hard to draw',
  keywords: ['hostile'],
  async onMessage({ text, stream }) {
    const [, isWritten, name = ''] = /^@Hostile (write )?(.*)$/.exec(text) ?? [];
    const answer = hostileTexts[name] ?? 'no such text';
    if (isWritten === undefined) return answer;
    await stream(pieces(answer));
  },
});

async function* pieces(text: string): AsyncGenerator<string> {
  const length = Math.ceil(text.length / 20);
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}
