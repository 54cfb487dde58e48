/** So many names or words at most: reasons and messages have a bounded length on the wire. */
const MAX_NAMES = 10;
const MAX_WORDS = 5;
const MAX_DESCRIPTION = 60;

/** `Finance, Hr and 3 more`, by name, each once. */
export function enumerate(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort();
  const rest = sorted.length - MAX_NAMES;
  return sorted.slice(0, MAX_NAMES).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** `“budget”, “money” and 3 more` */
export function quote(words: readonly string[]): string {
  const rest = words.length - MAX_WORDS;
  const quoted = words.slice(0, MAX_WORDS).map((word) => `“${word}”`);
  return quoted.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** `Finance (Budgets, invoices)`, or the name alone. */
export function introduce(agent: { readonly agentName: string; readonly description: string }): string {
  const { agentName, description } = agent;
  if (description === '') return agentName;
  const short =
    description.length > MAX_DESCRIPTION
      ? `${description.slice(0, MAX_DESCRIPTION).trimEnd()}…`
      : description;
  return `${agentName} (${short})`;
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
