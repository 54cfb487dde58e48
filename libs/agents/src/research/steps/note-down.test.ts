import { expect, it } from '@jest/globals';
import { addNote } from './note-down.ts';

it('keeps a note once under its key, and the newest hundred', () => {
  const at = '2026-11-20T12:00:00.000Z';
  const once = addNote(undefined, { key: 'a', text: 'first', at });
  expect(addNote(once, { key: 'a', text: 'second', at })).toEqual([{ key: 'a', text: 'second', at }]);
  const many = Array.from({ length: 120 }, (_, index) => String(index)).reduce(
    (notes, key) => addNote(notes, { key, text: key, at }),
    once,
  );
  expect(many).toHaveLength(100);
  expect(many.at(-1)?.key).toBe('119');
});
