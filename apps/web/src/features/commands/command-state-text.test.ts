import { describe, expect, it } from '@jest/globals';
import { commandTitle, outcomeText } from './command-state-text.ts';

describe('the texts about a command', () => {
  it.each([
    ['what turns text around', 'echo \u202egnp.exe', 'echo \\u{202e}gnp.exe'],
    ['what has no width', 'r\u200bm', 'r\\u{200b}m'],
    ['controls', 'a\u0000b\u001b[0m', 'a\\u{0}b\\u{1b}[0m'],
    ['line breaks', 'a\nb', 'a⏎b'],
    ['nothing else', "grep -n 'é|日' *", "grep -n 'é|日' *"],
  ])('shows %s', (_, text, shown) => {
    expect(commandTitle({ type: 'shell', command: text })).toBe(shown);
  });

  it('says how it ended', () => {
    expect(outcomeText({ exitCode: 0 })).toBe('exit code 0');
    expect(outcomeText({ signal: 'SIGKILL' })).toBe('ended by SIGKILL');
    expect(outcomeText({})).toBe('');
  });
});
