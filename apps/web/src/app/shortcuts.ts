export interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
  /** One character alone: can be switched off, since speech input and slips set it off (WCAG 2.1.4). */
  readonly isSingle?: boolean;
}

/** All there are, as the sheet shows them. */
export const shortcuts: readonly Shortcut[] = [
  { keys: ['Ctrl', 'K'], does: 'Find a conversation, an agent, a page, an action' },
  { keys: ['/'], does: 'Search the conversations', isSingle: true },
  { keys: ['N'], does: 'Begin a new conversation', isSingle: true },
  { keys: ['?'], does: 'Show these shortcuts', isSingle: true },
  { keys: ['↑', '↓'], does: 'Move through a list' },
  { keys: ['Enter'], does: 'Send' },
  { keys: ['Shift', 'Enter'], does: 'Begin a new line' },
  { keys: ['@'], does: 'Name an agent' },
  { keys: ['↑'], does: 'In the command line: what was run before' },
  { keys: ['Esc'], does: 'Stop the answer, or close what is open' },
];
