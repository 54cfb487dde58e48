import type { StepContext } from '@parley/agent-kit';
import { addNote, Notes } from '@parley/research-tools';
import type { Finding } from './step-input.ts';

/** Kept for the person; noted again, as after a crash, it is the same note. */
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
