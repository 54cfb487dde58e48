import { describe, expect, it } from '@jest/globals';
import { outputWriter } from './output-writer.ts';

/** The output for these pieces, each printed by an agent. */
function written(
  pieces: readonly (readonly [commandId: string, agentName: string, data: string])[],
  { isPrefixed = true, isTerminal = true, isRaw = false } = {},
): string {
  let text = '';
  const writer = outputWriter(
    isPrefixed,
    (_stream, piece) => {
      text += piece;
    },
    () => isTerminal,
    isRaw,
  );
  for (const [commandId, agentName, data] of pieces) writer.write(commandId, agentName, 'stdout', data);
  writer.end();
  return text;
}

describe('the output of several agents', () => {
  it('is written line by line with the name of each, however it comes', () => {
    const pieces = [
      ['1', 'web-1', 'one\ntw'],
      ['2', 'web-2', 'three\r'],
      ['1', 'web-1', 'o\n'],
      ['2', 'web-2', '\nfour'],
    ] as const;
    expect(written(pieces)).toBe('web-1 | one\nweb-1 | two\nweb-2 | three\nweb-2 | four\n');
  });

  it('cannot write over a name with carriage returns', () => {
    expect(written([['1', 'web-1', '10 %\r20 %\r\ndone\rweb-2 | owned\r']])).toBe(
      'web-1 | 10 %\nweb-1 | 20 %\nweb-1 | done\nweb-1 | web-2 | owned\n',
    );
  });

  it('does not act on a terminal, by the output or by a name', () => {
    expect(
      written([['1', 'a\u001b]52;c;eA==\u0007', '\u001b[2J\u009b1A\u202ex\u001b[31mred\u001b[0m\n']]),
    ).toBe('a\\u001b]52;c;eA==\\u0007 | \\u001b[2J\\u009b1A\\u202exred\n');
  });

  it('is kept apart where two agents have one name', () => {
    const pieces = [
      ['1', 'Shell', 'a'],
      ['2', 'Shell', 'b\n'],
      ['1', 'Shell', 'c\n'],
    ] as const;
    expect(written(pieces)).toBe('Shell | b\nShell | ac\n');
  });
});

describe('the output of one agent', () => {
  const pieces = [
    ['1', 'web-1', '\u001b[1Acontinue? '],
    ['1', 'web-1', 'y\r'],
    ['1', 'web-1', '\n1\r2'],
  ] as const;
  const options = { isPrefixed: false };
  it('is written to a terminal as it comes, and does not act on it', () => {
    expect(written(pieces, options)).toBe('\\u001b[1Acontinue? y\n1\n2');
  });
  it.each([{ isTerminal: false }, { isRaw: true }])('is written to the letter with %j', (more) => {
    expect(written(pieces, { ...options, ...more })).toBe(pieces.map(([, , data]) => data).join(''));
  });
});
