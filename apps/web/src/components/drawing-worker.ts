import type { Drawing, DrawRequest } from './drawing.ts';
import { drawMarkdown } from './markdown-tree.ts';

/** The highlighter is larger than the rest of the app, so it is loaded with the first code that needs it. */
async function draw({ text, language }: DrawRequest): Promise<Drawing> {
  if (language === undefined) return drawMarkdown(text);
  const { drawCode } = await import('./highlight.ts');
  return drawCode(text, language);
}

addEventListener('message', ({ data }: MessageEvent<DrawRequest>) => {
  draw(data).then(
    (drawing) => postMessage(drawing),
    (error: unknown) => postMessage({ problem: String(error) } satisfies Drawing),
  );
});
