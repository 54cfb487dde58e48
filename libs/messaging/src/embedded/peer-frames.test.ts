import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createFrameReader,
  encodeFrame,
  MAX_FRAME_BYTES,
  MAX_HELLO_BYTES,
  type PeerFrame,
} from './peer-link.ts';

const texts = fc.array(fc.string());
const frame: fc.Arbitrary<PeerFrame> = fc.oneof(
  fc.record({ kind: fc.constant('hello' as const), key: fc.string(), secret: fc.string() }),
  fc.record({ kind: fc.constant('interest' as const), seq: fc.nat(), add: texts, remove: texts }),
  fc.record({ kind: fc.constant('heard' as const), seq: fc.nat() }),
  fc.record({
    kind: fc.constant('post' as const),
    topic: fc.string({ unit: 'grapheme' }),
    type: fc.string(),
    body: fc.uint8Array({ maxLength: 2_000 }),
  }),
);

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)];
}

describe('peer frames', () => {
  it('arrive as they were sent, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 50 })), (frames, sizes) => {
        const read: PeerFrame[] = [];
        const reader = createFrameReader(
          (one) => read.push(one),
          () => MAX_FRAME_BYTES,
        );
        for (const piece of cut(Buffer.concat(frames.map(encodeFrame)), sizes)) reader(piece);
        expect(read).toEqual(frames);
      }),
    );
  });

  it('are refused by their length alone, before the rest of them has come', () => {
    const reader = createFrameReader(
      () => undefined,
      () => MAX_HELLO_BYTES,
    );
    const hello = encodeFrame({ kind: 'hello', key: 'k', secret: 'x'.repeat(MAX_HELLO_BYTES) });
    expect(() => reader(hello.subarray(0, 5))).toThrow('bytes');
  });

  it.each([
    ['a length that no frame has', Buffer.from([0xff, 0xff, 0xff, 0xff, 0])],
    ['a kind that there is not', Buffer.from([0, 0, 0, 1, 9])],
    ['JSON that is no frame', Buffer.concat([Buffer.from([0, 0, 0, 3, 1]), Buffer.from('{}')])],
    ['a post that is cut short', Buffer.from([0, 0, 0, 3, 0, 0, 0])],
  ])('are refused with %s', (_, bytes) => {
    const read: PeerFrame[] = [];
    const reader = createFrameReader(
      (one) => read.push(one),
      () => MAX_FRAME_BYTES,
    );
    expect(() => reader(bytes)).toThrow();
    expect(read).toEqual([]);
  });
});
