import { useEffect, useState } from 'react';
import { reportProblem } from '../session/report-problem.ts';
import { createDrawQueue, type DrawWorker, type WorkerEvents } from './draw-queue.ts';
import type { Drawing } from './drawing.ts';

function startWorker({ onDrawn, onBroken }: WorkerEvents): DrawWorker {
  const worker = new Worker(new URL('./drawing-worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<Drawing>) => onDrawn(data);
  worker.onerror = (event) => {
    reportProblem('the worker that draws texts has broken', event.message);
    onBroken();
  };
  return { begin: (request) => worker.postMessage(request), end: () => worker.terminate() };
}

const queue = createDrawQueue({ startWorker });

/** A drawing, and of which text: a text that grows is ahead of it. */
export interface DrawnText {
  readonly text: string;
  readonly drawing: Drawing;
}

/**
 * What is to be shown of a foreign text, worked out in another thread; undefined as long as nothing is known. While the
 * text grows, that of its beginning.
 * @param language of code; not given: the text is Markdown
 * @param isWanted false: it is not worked out for this
 */
export function useDrawing(text: string, language?: string, isWanted = true): DrawnText | undefined {
  const [drawn, setDrawn] = useState<DrawnText>();
  const request = language === undefined ? { text } : { text, language };
  const found = isWanted ? queue.find(request) : undefined;
  const earlier = drawn !== undefined && text.startsWith(drawn.text) ? drawn : undefined;
  // A beginning that could not be drawn makes no better whole.
  const isKnown = found !== undefined || (earlier !== undefined && 'problem' in earlier.drawing);

  useEffect(() => {
    if (!isWanted || isKnown) return;
    const asked = language === undefined ? { text } : { text, language };
    return queue.draw(asked, (drawing) =>
      setDrawn((before) => {
        if (before !== undefined && before.text !== text && text.startsWith(before.text)) {
          queue.forget({ ...asked, text: before.text });
        }
        return { text, drawing };
      }),
    );
  }, [text, language, isWanted, isKnown]);

  if (!isWanted) return undefined;
  return found === undefined ? earlier : { text, drawing: found };
}
