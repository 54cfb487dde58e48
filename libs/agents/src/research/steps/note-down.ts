import type { StepContext } from '@parley/agent-kit';
import { z } from 'zod';
import type { Finding } from './step-input.ts';

/** An agent's notes for a person, the oldest first. */
const Notes = z.array(z.object({ key: z.string(), text: z.string(), at: z.string() }));
type Notes = z.infer<typeof Notes>;

/** In UTF-16 code units. */
export const NOTE_LENGTH = 2000;
const KEPT = 100;

/** The notes with one more; noted again under the same key it is the same note. */
export function addNote(notes: Notes | undefined, note: { key: string; text: string; at: string }): Notes {
  const others = (notes ?? []).filter(({ key }) => key !== note.key);
  return [...others, { ...note, text: note.text.slice(0, NOTE_LENGTH) }].slice(-KEPT);
}

/** Stores a note for the person; stored again, as after a crash, it is the same note. */
export async function noteDown({ memory, step, message }: StepContext, text: string): Promise<Finding> {
  const note = { key: `${step.key}:${text}`, text, at: message.createdAt };
  const notes = await memory.update('notes', Notes, (before) => addNote(before, note));
  const summary = `Noted: ${text}`;
  return {
    kind: 'note',
    about: text,
    text: `${text}\n\n*${notes.length === 1 ? 'Your first note.' : `Your ${notes.length} notes are kept.`}*`,
    source: '',
    summary,
  };
}
