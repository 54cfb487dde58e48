import type { Handbook } from './handbook.ts';

/** The handbook's answer to a question, with its section. */
export function lookUpIn(handbook: Handbook, name: string): (question: string) => string | undefined {
  return (question) => {
    const [best, ...others] = handbook.search(question);
    if (best === undefined) return undefined;
    const see = others.map(({ page, title }) => `*${page} › ${title}*`).join(', ');
    return [
      best.text,
      `— ${name}, *${best.page} › ${best.title}*${see === '' ? '' : `. See also ${see}`}`,
    ].join('\n\n');
  };
}
