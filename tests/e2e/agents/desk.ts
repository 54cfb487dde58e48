import { type AgentDefinition, defineAgent } from '@parley/agent-kit';

/** A desk that holds sessions. It says which process answers, and what it knows of what was said before. */
export function createDesk(name: string, keywords: readonly string[]): AgentDefinition {
  return defineAgent({
    name,
    description: `The ${name} desk`,
    keywords,
    holdsSession: true,
    async onMessage({ text, history, signal, memory }) {
      if (text.startsWith('never answer in ') && text.includes(String(process.pid)))
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      if (text.startsWith('remember ')) await memory.put('note', text.slice('remember '.length));
      const earlier = (await history()).filter(({ kind }) => kind === 'TEXT').length;
      const note = String((await memory.get('note')) ?? 'nothing');
      return `${name} in ${process.pid} knows of ${earlier} and ${note}: ${text}`;
    },
    onSessionEnd: () => `${name} says good-bye`,
  });
}
