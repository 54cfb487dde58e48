import { describe, expect, it } from '@jest/globals';
import { AgentProfile } from './agent-status.ts';
import { TokenRevocation } from './audit.ts';
import { ClientFrames } from './client-frames.ts';
import { Participant } from './participants.ts';
import {
  findHidden,
  lookalikeKey,
  nameText,
  shownText,
  storableId,
  storableText,
  withoutHidden,
} from './visible-text.ts';

const HIDDEN: readonly (readonly [string, string])[] = [
  ['an escape sequence that sets the clipboard', 'Echo\u001b]52;c;ZXZpbA==\u0007'],
  ['an 8-bit control', 'Echo\u009b31m'],
  ['NUL', 'Ec\u0000ho'],
  ['a line break', 'Echo\nroot | done'],
  ['a line separator', 'Echo\u2028x'],
  ['a bidi override', 'Echo\u202ecod.exe'],
  ['a bidi isolate', 'Echo\u2066x\u2069'],
  ['a direction mark', 'Ec\u200fho'],
  ['a zero-width space', 'Ec\u200bho'],
  ['a zero-width joiner outside of an emoji', 'Ec\u200dho'],
  ['a word joiner', 'Ec\u2060ho'],
  ['a byte order mark', 'Ec\ufeffho'],
  ['a soft hyphen', 'Ec\u00adho'],
  ['tags', 'Echo\u{e0041}\u{e0042}'],
  ['half of a pair', 'Echo\ud83d'],
  ['private use', 'Echo\ue000'],
  ['a Hangul filler', 'Ec\u3164ho'],
  ['a variation selector', 'Echo 1\ufe0f'],
  ['a Braille blank', 'Ec\u2800ho'],
  ['a blank that is no space', 'Petty\u2009Cash'],
  ['a pile of marks', `Ec${'\u0301'.repeat(30)}`],
  ['a black flag of tags', 'Echo \u{1f3f4}\u{e0061}\u{e0062}\u{e007f}'],
];

describe('a name', () => {
  it.each(HIDDEN)('may not have %s', (_what, name) => {
    expect(nameText(64).safeParse(name).success).toBe(false);
    const profile = { name: 'Echo', group: 'echo' };
    for (const wrong of [
      { ...profile, name },
      { ...profile, keywords: [name] },
      { ...profile, capabilities: [name] },
    ])
      expect(AgentProfile.safeParse(wrong).success).toBe(false);
    expect(ClientFrames.hello.safeParse({ type: 'hello', clientName: name }).success).toBe(false);
  });

  it('is refused with the character that is the reason', () => {
    expect(nameText(64).safeParse('Ec\u200bho').error?.issues[0]?.message).toBe(
      'has the character U+200B, which is not visible as itself',
    );
  });

  it.each([
    'Büro Hilfe',
    '日本語　エージェント',
    'Ödön ✓',
    '👩🏽‍💻 Dev',
    '❤️',
    '1️⃣ First',
    '🏴󠁧󠁢󠁳󠁣󠁴󠁿',
    '🇩🇪',
    'العربية',
    'ไทย',
    'हिन्दी',
  ])('may be %s', (name) => expect(nameText(64).parse(name)).toBe(name));

  it('that stood in a message before it could be refused is shown without them', () => {
    for (const [, name] of HIDDEN) {
      const parsed = Participant.parse({ kind: 'agent', id: 'echo', name });
      expect(findHidden(parsed.name)).toBeUndefined();
      expect(parsed.name.slice(0, 2)).toBe(name.slice(0, 2));
    }
    expect(withoutHidden('👩🏽‍💻 a\u202eb', '')).toBe('👩🏽‍💻 ab');
  });
});

it('shows the invisible characters of a command', () => {
  expect(shownText('rm\u00a0-rf \u202e/tmp\n# \u200bdone\r\u{e0041}\ud83d\u3000\u3164')).toBe(
    'rm\\u{a0}-rf \\u{202e}/tmp⏎# \\u{200b}done\\u{d}\\u{e0041}\\u{d83d}\\u{3000}\\u{3164}',
  );
});

it('turns NUL and halves of pairs into text that every database can hold, and takes no id with them', () => {
  expect(storableText('a\u0000b\ud83d \udc4b 👋')).toBe('a\ufffdb\ufffd \ufffd 👋');
  expect(storableId(9).safeParse('a\u0000b').error?.issues[0]?.message).toBe(
    'has NUL or half of a surrogate pair',
  );
  expect(TokenRevocation.safeParse({ tokenId: 'a\ud83d' }).success).toBe(false);
  expect(storableId(9).parse('Ödön 👋')).toBe('Ödön 👋');
});

describe('names that look alike', () => {
  it.each([
    ['echo', 'ECHO'],
    ['Echo', 'Ｅｃｈｏ'],
    ['Echo', 'Есһо'],
    ['Petty Cash', ' petty  cash'],
    ['Build', 'Вuild'],
    ['❤ Echo', '❤️ Echo'],
  ])('have one key: %s, %s', (one, other) => {
    expect(lookalikeKey(one)).toBe(lookalikeKey(other));
  });
  it.each([
    ['C++', 'C#'],
    ['Müller', 'Muller'],
    ['Echo', 'Echo 2'],
  ])('others have not: %s, %s', (one, other) => {
    expect(lookalikeKey(one)).not.toBe(lookalikeKey(other));
  });
});
