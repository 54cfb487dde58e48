import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defineAgent } from '@parley/agent-kit';
import { z } from 'zod';

const Notes = z.array(z.string());

/** Does what it is told with what its context offers. Started under several names, it is several agents. */
export default defineAgent({
  name: 'Context',
  description: 'Does what it is told',
  timeoutMs: 60_000,
  async onMessage({ text, user, memory, history, ask, message }) {
    const [, verb = '', rest = ''] = /^(\S+) ?([\s\S]*)$/.exec(text) ?? [];
    switch (verb) {
      case 'remember': {
        const notes = await memory.update('notes', Notes, (before = []) => [...before, rest]);
        return `noted: ${notes.join(', ')}`;
      }
      case 'remember-and-die': {
        const notes = await memory.update('notes', Notes, (before = []) => [...before, rest]);
        dieOnce(message.id);
        return `noted: ${notes.join(', ')}`;
      }
      case 'recall':
        return `${user.name}: ${((await memory.get('notes', Notes)) ?? ['nothing']).join(', ')}`;
      case 'history': {
        const said = await history({ limit: Number(rest || '50') });
        return said.map(({ sender, text: earlier }) => `${sender.name}: ${earlier}`).join('\n') || 'nothing';
      }
      case 'ask':
      case 'ask-and-die': {
        const [, name = '', question = ''] = /^(\S+) ([\s\S]*)$/.exec(rest) ?? [];
        const reply = await ask(name, question);
        if (verb === 'ask-and-die') dieOnce(message.id);
        return `${reply.sender.name} says: ${reply.text}`;
      }
      case 'never':
        await new Promise(() => {});
        return '';
      default:
        return `I do not understand "${text}".`;
    }
  },
});

/** Kills the process the first time that it handles this message. */
function dieOnce(messageId: string): void {
  const died = path.join(process.env.DATA_DIR ?? '', `died-${messageId}`);
  if (existsSync(died)) return;
  writeFileSync(died, '');
  process.kill(process.pid, 'SIGKILL');
}
