import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseClientFrame, parseServerFrame } from '@parley/shared-models';
import { fillMarkers } from '../../tools/protocol-reference/fill-markers.ts';
import { CLIENT_EXAMPLES, SERVER_EXAMPLES } from '../../tools/protocol-reference/frame-examples.ts';
import { referenceDocuments } from '../../tools/protocol-reference/reference-sections.ts';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

it.each([...referenceDocuments()])(
  '%s says what the source says (mend it with `npm run docs`)',
  (file, sections) => {
    expect(fillMarkers(read(file), sections)).toBe(read(file));
  },
);

describe('docs/protocol.md', () => {
  const document = read('docs/protocol.md');

  it.each(Object.entries(CLIENT_EXAMPLES))('has a valid example of the client frame %s', (_type, example) => {
    expect(parseClientFrame(JSON.stringify(example))).toEqual({ ok: true, frame: example });
  });

  it.each(Object.entries(SERVER_EXAMPLES))('has a valid example of the server frame %s', (_type, example) => {
    expect(parseServerFrame(JSON.stringify(example))).toEqual({ ok: true, frame: example });
  });
});
