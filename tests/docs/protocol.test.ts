import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  agentQueue,
  ClientFrames,
  CommandRecord,
  channelQueue,
  DeadLetter,
  deriveId,
} from '@parley/shared-models';
import { CREDENTIAL_FIELD } from '../../libs/control-plane/src/credential-field.ts';
import {
  CHANNELS_EXCHANGE,
  DEAD_LETTER_EXCHANGE,
  PERMANENT_QUEUES,
  SIGNAL_EXCHANGE,
} from '../../libs/messaging/src/topology.ts';
import { docComments, meaningOf } from '../../tools/protocol-reference/doc-comments.ts';
import { fieldTable } from '../../tools/protocol-reference/field-table.ts';
import { fillMarkers } from '../../tools/protocol-reference/fill-markers.ts';
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

  it.each([
    ...Object.keys(PERMANENT_QUEUES),
    agentQueue('<agentId>'),
    channelQueue('<group>'),
    SIGNAL_EXCHANGE,
    DEAD_LETTER_EXCHANGE,
    CHANNELS_EXCHANGE,
    CREDENTIAL_FIELD,
  ])('names what an author in another language needs: %s', (name) => {
    expect(document).toContain(`\`${name}\``);
  });

  const [, request = ''] = /for the request `([\w-]+)`/.exec(document) ?? [];
  const derived = [...document.matchAll(/^\| .* \| `(\w+)`, `(\w+)` \| `([\w-]{36})` \|$/gm)].map(
    ([, agentId = '', part = '', id = '']) => ({ agentId, part, id }),
  );

  it('gives ids that follow from others as Parley makes them', () => {
    expect(derived.length).toBeGreaterThan(3);
    for (const { agentId, part, id } of derived) expect(deriveId(request, agentId, part)).toBe(id);
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;
  (hasPython ? it : it.skip)('gives them in Python too, where that is installed', () => {
    const [, python = ''] = /```python\n(def derived_id[\s\S]*?)```/.exec(document) ?? [];
    const calls = derived.map(
      ({ agentId, part }) => `print(derived_id("${request}", "${agentId}", "${part}"))`,
    );
    const program = ['import uuid', python, ...calls].join('\n');
    const printed = execFileSync('python3', ['-c', program]).toString();
    expect(printed.trim().split('\n')).toEqual(derived.map(({ id }) => id));
  });

  it('has a table of every object that a frame or another object names', () => {
    const links = [...document.matchAll(/\]\(#(\w+)\)/g)].map(([, anchor]) => anchor);
    const headings = [...document.matchAll(/^#+ (\w+)$/gm)].map(([, heading = '']) => heading.toLowerCase());
    expect(links.length).toBeGreaterThan(30);
    expect(links.filter((anchor) => !headings.includes(anchor ?? ''))).toEqual([]);
  });
});

describe('the table of an object', () => {
  it('leaves out the type that tells a frame, and no other field of that name', () => {
    expect(fieldTable(ClientFrames.ping)).toBe('No further fields.');
    expect(fieldTable(CommandRecord)).toContain('| `type` |');
    expect(fieldTable(DeadLetter)).toContain('| `type` | string |');
  });
});

describe('the meaning of a header or a signal', () => {
  it('is what stands above it in the source', () => {
    const source =
      "export const X = {\n  /** One. */\n  one: 1,\n  /**\n   * Two,\n   * in lines.\n   */\n  't.wo': 2,\n  three: 3,\n};";
    const comments = docComments(source, 'export const X = {');
    expect([...comments]).toEqual([
      ['one', 'One.'],
      ['t.wo', 'Two, in lines.'],
    ]);
    expect(() => meaningOf(comments, 'three')).toThrow('"three" has no comment');
  });
});
