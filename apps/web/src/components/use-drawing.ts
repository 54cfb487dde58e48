import { useEffect, useMemo, useState } from 'react';
import { reportProblem } from '../model/failures.ts';
import { createDrawQueue, type DrawWorker, type WorkerEvents } from './draw-queue.ts';
import type { Drawing, DrawnText } from './drawing.ts';

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

interface Options {
  /** The language of code; undefined for Markdown. */
  readonly language?: string;
  /** False: the text is not drawn. @default true */
  readonly isWanted?: boolean;
  /** Draws short texts on the main thread. Must keep its identity. */
  readonly drawAtOnce?: (text: string) => Drawing | undefined;
}

/**
 * The drawing of a foreign text, made in a worker thread where it may take long; undefined until there is a drawing.
 * While the text grows, the latest drawing of its beginning.
 */
export function useDrawing(
  text: string,
  { language, isWanted = true, drawAtOnce }: Options = {},
): DrawnText | undefined {
  const request = useMemo(() => (language === undefined ? { text } : { text, language }), [text, language]);
  // The drawing of a beginning, perhaps made by another component.
  const [drawn, setDrawn] = useState(() => (isWanted ? queue.findBeginning(request) : undefined));
  let shown = drawn;
  if (drawn !== undefined && !text.startsWith(drawn.text)) {
    shown = undefined;
    setDrawn(undefined);
  }
  if (isWanted && shown?.text !== text) {
    const drawing = queue.find(request) ?? drawAtOnce?.(text);
    if (drawing !== undefined) {
      if (shown !== undefined) queue.forget({ ...request, text: shown.text });
      queue.keep(request, drawing);
      shown = { text, drawing };
      setDrawn(shown);
    }
  }
  // If a beginning could not be drawn, the whole text cannot be drawn either.
  const isKnown = shown !== undefined && (shown.text === text || 'problem' in shown.drawing);

  useEffect(() => {
    if (!isWanted || isKnown) return;
    return queue.draw(request, (drawing) =>
      setDrawn((before) => {
        // A longer beginning was drawn on the main thread meanwhile.
        if (before !== undefined && before.text.length > text.length) return before;
        if (before !== undefined && before.text !== text) queue.forget({ ...request, text: before.text });
        return { text, drawing };
      }),
    );
  }, [request, text, isWanted, isKnown]);

  return isWanted ? shown : undefined;
}
