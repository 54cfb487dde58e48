import { z } from 'zod';

/** What an agent writes down for a person while it works, the oldest first. */
export const Notes = z.array(z.object({ key: z.string(), text: z.string(), at: z.string() }));
export type Notes = z.infer<typeof Notes>;

/** In UTF-16 code units. */
export const NOTE_LENGTH = 2000;
const KEPT = 100;

/** The notes with one more; noted again under the same key it is the same note. */
export function addNote(notes: Notes | undefined, note: { key: string; text: string; at: string }): Notes {
  const others = (notes ?? []).filter(({ key }) => key !== note.key);
  return [...others, { ...note, text: note.text.slice(0, NOTE_LENGTH) }].slice(-KEPT);
}
