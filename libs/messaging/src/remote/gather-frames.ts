/** With more than this in it, a frame goes out and the next one begins. An item that is larger goes alone. */
const FRAME_LIMITS = { items: 1_000, bytes: 256 * 1024 } as const;

const ITEM_BYTES = 100;
/** Bytes of a message besides its headers and its body, about. */
const HEAD_BYTES = 400;

/** Of a message's headers, as `bytesOf` counts them. */
export const MAX_HEADER_BYTES = 256 * 1024;

/** Bytes of a message, about: a character of a header may have three bytes, or six where it is escaped. */
export function bytesOf({
  headers,
  body,
}: {
  headers: Readonly<Record<string, string | number>>;
  body: Uint8Array;
}): number {
  let characters = 0;
  for (const [name, value] of Object.entries(headers))
    characters += name.length + (typeof value === 'string' ? value.length : 20);
  return HEAD_BYTES + 3 * characters + body.byteLength;
}

type ItemOf<List> = List extends readonly (infer Item)[] | undefined ? Item : never;

/** Sends the items of one turn of the event loop as one frame: a frame costs more than its items. */
export interface GatheredFrames<Frame> {
  /** @param bytes of the item, about. @default as of one without a body */
  add<List extends keyof Frame & string>(list: List, item: ItemOf<Frame[List]>, bytes?: number): void;
  /** Sends the gathered items now. */
  flush(): void;
}

/** @param send takes a frame, whose fields are lists of the items added under their names */
export function gatherFrames<Frame extends object>(send: (frame: Frame) => void): GatheredFrames<Frame> {
  let lists: Record<string, unknown[]> = {};
  let gathered = { items: 0, bytes: 0 };

  function flush(): void {
    if (gathered.items === 0) return;
    const frame = lists;
    lists = {};
    gathered = { items: 0, bytes: 0 };
    send(frame as Frame);
  }

  const flushLater = (): void => process.nextTick(flush);

  return {
    add(list, item, bytes = ITEM_BYTES) {
      if (gathered.items >= FRAME_LIMITS.items || gathered.bytes + bytes > FRAME_LIMITS.bytes) flush();
      // Comes after all microtasks that are there now: those of everything that was settled together.
      if (gathered.items === 0) queueMicrotask(flushLater);
      const items = lists[list] ?? [];
      lists[list] = items;
      items.push(item);
      gathered.items += 1;
      gathered.bytes += bytes;
    },
    flush,
  };
}
