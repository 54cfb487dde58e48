import { parentPort, workerData } from 'node:worker_threads';
import { convert } from 'html-to-text';

/** The thread in which `readHtml` has a page read: its time and memory can be bounded, and the process goes on meanwhile. */
const text = convert(String(workerData), {
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    { selector: 'nav', format: 'skip' },
  ],
  limits: { maxInputLength: 2_000_000, maxDepth: 200 },
});
parentPort?.postMessage(text);
