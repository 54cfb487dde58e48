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
  /** Of code; not given: the text is Markdown. */
  readonly language?: string;
  /** false: it is not worked out for this. @default true */
  readonly isWanted?: boolean;
  /** Works it out here and now, where that takes no time. The same function each time. */
  readonly drawAtOnce?: (text: string) => Drawing | undefined;
}

/**
 * What is to be shown of a foreign text, worked out in another thread where it may take long; undefined as long as
 * nothing is known. While the text grows, the latest that is known of its beginning.
 */
export function useDrawing(
  text: string,
  { language, isWanted = true, drawAtOnce }: Options = {},
): DrawnText | undefined {
  const request = useMemo(() => (language === undefined ? { text } : { text, language }), [text, language]);
  // What was drawn while it grew, perhaps by another component.
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
  // A beginning that could not be drawn makes no better whole.
  const isKnown = shown !== undefined && (shown.text === text || 'problem' in shown.drawing);

  useEffect(() => {
    if (!isWanted || isKnown) return;
    return queue.draw(request, (drawing) =>
      setDrawn((before) => {
        // More of it was drawn here and now meanwhile.
        if (before !== undefined && before.text.length > text.length) return before;
        if (before !== undefined && before.text !== text) queue.forget({ ...request, text: before.text });
        return { text, drawing };
      }),
    );
  }, [request, text, isWanted, isKnown]);

  return isWanted ? shown : undefined;
}
