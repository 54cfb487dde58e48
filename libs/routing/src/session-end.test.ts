import { describe, expect, it } from '@jest/globals';
import { isSessionEnd } from './session-end.ts';

describe('the end of a session', () => {
  it.each([
    'END',
    'end',
    'End.',
    ' end! ',
    '(end)',
    '/end',
    'end 👋',
    'ＥＮＤ',
    'Ende',
    'ende!',
    'fin',
    '¡Fin!',
    'FINE',
    'fim',
    'Einde',
    'slut',
    'koniec',
    'Konec.',
    'Τέλος',
    'ΤΈΛΟΣ',
    'конец',
    'КОНЕЦ!',
    'кінець',
    'vége',
    've\u0301ge',
    'kết thúc',
    'समाप्त',
    '終了',
    '終わり。',
    '结束',
    '結束！',
    '종료',
    'نهاية',
    'סוף',
  ])('is said by %j', (text) => {
    expect(isSessionEnd(text)).toBe(true);
  });

  it.each(['Thanks, END', 'END of story', 'please END.', 'OK.\nEND', 'we are done:END'])(
    'is said by END in capitals inside of %j',
    (text) => {
      expect(isSessionEnd(text)).toBe(true);
    },
  );

  it.each([
    '',
    '?!',
    'At the end of the month',
    'the end',
    'end it',
    'end end',
    'Am Ende des Monats',
    'Fine.',
    'fine',
    'SEND',
    'ENDE des Monats',
    'WEEKEND',
    'LEGEND',
    'YEAR-END',
    'END_OF_FILE',
    '-----END CERTIFICATE-----',
    'до конец',
    '結束了嗎',
    'e n d',
    `${'.'.repeat(100)}end`,
  ])('is not said by %j', (text) => {
    expect(isSessionEnd(text)).toBe(false);
  });

  it('is looked for in a text of any length in no time that grows faster than the text', () => {
    expect(isSessionEnd('EN'.repeat(30_000))).toBe(false);
    expect(isSessionEnd(`${'-END'.repeat(15_000)} END`)).toBe(true);
  });
});
