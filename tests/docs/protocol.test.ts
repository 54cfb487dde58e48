import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseClientFrame, parseServerFrame } from '@parley/shared-models';
import { fillMarkers } from '../../tools/protocol-reference/fill-markers.ts';
import { CLIENT_EXAMPLES, SERVER_EXAMPLES } from '../../tools/protocol-reference/frame-examples.ts';
import { referenceSections } from '../../tools/protocol-reference/reference-sections.ts';

describe('docs/protocol.md', () => {
  const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

  it('says what the models and the proto files say (mend it with `npm run docs`)', () => {
    expect(fillMarkers(document, referenceSections())).toBe(document);
  });

  it.each(Object.entries(CLIENT_EXAMPLES))('has a valid example of the client frame %s', (_type, example) => {
    expect(parseClientFrame(JSON.stringify(example))).toEqual({ ok: true, frame: example });
  });

  it.each(Object.entries(SERVER_EXAMPLES))('has a valid example of the server frame %s', (_type, example) => {
    expect(parseServerFrame(JSON.stringify(example))).toEqual({ ok: true, frame: example });
  });

  it('names every HTTP route of the server', () => {
    for (const path of [
      '/health',
      '/ready',
      '/docs',
      '/api/conversations/:id/messages',
      '/api/agents',
      '/api/queues',
    ]) {
      expect(document).toContain(path);
    }
  });
});
