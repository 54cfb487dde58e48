import type { ClientFrame, ClientFrameOf, ClientFrameType } from '@parley/shared-models';

/** The frames that a client sent, taken one after the other. */
export interface FrameInbox {
  /** All frames without pings. */
  readonly all: readonly ClientFrame[];
  add(frame: ClientFrame): void;
  /** The next frame that was not taken yet. @throws Error when it has another type, or when the client is gone */
  take<T extends ClientFrameType>(type: T): Promise<ClientFrameOf<T>>;
  end(): void;
}

export function createFrameInbox(): FrameInbox {
  const all: ClientFrame[] = [];
  let taken = 0;
  let isEnded = false;
  let wake = Promise.withResolvers<void>();

  return {
    all,
    add(frame) {
      if (frame.type === 'ping') return;
      all.push(frame);
      wake.resolve();
    },
    async take<T extends ClientFrameType>(type: T) {
      while (all.length <= taken) {
        if (isEnded) throw new Error(`the client is gone and sent no ${type}`);
        wake = Promise.withResolvers();
        await wake.promise;
      }
      const frame = all[taken];
      taken += 1;
      if (frame?.type !== type) throw new Error(`expected ${type}, but got ${JSON.stringify(frame)}`);
      return frame as ClientFrameOf<T>;
    },
    end() {
      isEnded = true;
      wake.resolve();
    },
  };
}
