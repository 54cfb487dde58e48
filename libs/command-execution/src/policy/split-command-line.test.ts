import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../../tools/test/property-runs.mjs';
import { splitCommandLine } from './split-command-line.ts';

describe('splitting a command line', () => {
  it.each([
    ['uptime', ['uptime']],
    ['  ls \t -l  ', ['ls', '-l']],
    [`echo 'two words' "two words" two\\ words`, ['echo', 'two words', 'two words', 'two words']],
    [`echo a'b'"c"d`, ['echo', 'abcd']],
    [`echo '' ""`, ['echo', '', '']],
    [`echo "say \\"hi\\" \\\\ \\$x \\n"`, ['echo', 'say "hi" \\ $x \\n']],
    [
      `echo '$(id)' '\`id\`' '|;&' "a;b|c&d" \\; \\$HOME`,
      ['echo', '$(id)', '`id`', '|;&', 'a;b|c&d', ';', '$HOME'],
    ],
    ['echo a#b a~b a=b', ['echo', 'a#b', 'a~b', 'a=b']],
    [`echo '#' "~" it\\'s`, ['echo', '#', '~', "it's"]],
    [`'my program' x`, ['my program', 'x']],
    ['echo grüße 👋\u{a0}x', ['echo', 'grüße', '👋\u{a0}x']],
  ])('makes words of %s', (line, words) => {
    expect(splitCommandLine(line)).toEqual({ words });
  });

  it.each([
    ['', 'empty'],
    [' \t ', 'empty'],
    [`echo 'open`, 'not closed'],
    [`echo "open`, 'not closed'],
    [`echo "open \\"`, 'not closed'],
    ['echo \\', 'backslash'],
    ['a;b', ';'],
    ['a | b', '|'],
    ['a && b', '&'],
    ['a &', '&'],
    ['a > b', '>'],
    ['a < b', '<'],
    ['(a)', '('],
    ['echo $HOME', '$'],
    ['echo $(id)', '$'],
    [`echo $'a'`, '$'],
    ['echo `id`', '`'],
    ['echo "$HOME"', 'double quotes'],
    ['echo "`id`"', 'double quotes'],
    ['echo *', '*'],
    ['echo a?', '?'],
    ['echo [a]', '['],
    ['echo {a,b}', '{'],
    ['echo ~', '~'],
    ['echo ~root/x', '~'],
    ['# comment', '#'],
    ['PATH=/tmp id', 'sets a variable'],
    ['x '.repeat(1_001), '1000 words'],
  ])('does not take %j', (line, reason) => {
    expect(splitCommandLine(line)).toEqual({ problem: expect.stringContaining(reason) });
  });

  it('reads what it takes as /bin/sh reads it', () => {
    const character = fc.constantFrom(...`ab-=/:.,%@^!+ \t'"\\$\`;&|<>()*?[]{}#~é👋`.split(/(?:)/u));
    let taken = 0;
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
        const split = splitCommandLine(`x ${text}`);
        if ('problem' in split) return;
        taken += 1;
        const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\0' x ${text}`], {
          encoding: 'utf8',
          env: { LANG: 'C.UTF-8', HOME: '/home/of-somebody' },
          cwd: '/var',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        expect(printed).toBe(split.words.map((word) => `${word}\0`).join(''));
      }),
      { numRuns: runs(1_500) },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
