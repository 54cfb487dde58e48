import type { AgentFrame } from '@parley/control-plane';

/** An agent's frames about one message, event or command, in order. */
export interface Work {
  /** Resolves when there is room for more. */
  put(frame: AgentFrame): Promise<void>;
  /** The next frame; undefined: the work was stopped, or is over. To be called by one at a time. */
  next(): Promise<AgentFrame | undefined>;
  end(): void;
}

/** Frames that wait to be taken; with more of them the agent is read no further. */
const MAX_WAITING = 64;

/** @param signal ends it, together with the frames that wait. @default only `end` does */
export function createWork(signal?: AbortSignal): Work {
  let waiting: AgentFrame[] = [];
  let isOver = false;
  let wake = (): void => {};
  let makeRoom = (): void => {};
  const end = (): void => {
    isOver = true;
    waiting = [];
    signal?.removeEventListener('abort', end);
    wake();
    makeRoom();
  };
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  return {
    async put(frame) {
      if (isOver) return;
      waiting.push(frame);
      wake();
      if (waiting.length < MAX_WAITING) return;
      await new Promise<void>((resolve) => {
        makeRoom = resolve;
      });
    },
    async next() {
      while (waiting.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const frame = waiting.shift();
      makeRoom();
      return frame;
    },
    end,
  };
}
