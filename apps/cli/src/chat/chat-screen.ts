import type { Interface } from 'node:readline';
import type { ChatMessage } from '@parley/shared-models';
import { plain, print, printError, style } from '../output.ts';

/** Output of a chat. Away from a terminal only finished replies go to stdout, and problems to stderr. */
export interface ChatScreen {
  prompt(): void;
  /** Leaves the cursor at the beginning of a line. */
  end(): void;
  /** A piece of a reply that is being written. */
  piece(messageId: string, text: string): void;
  /** Shows the rest of a finished reply that was not shown in pieces. */
  reply(message: ChatMessage): void;
  earlier(message: ChatMessage): void;
  typing(name: string, isTyping: boolean): void;
  note(text: string): void;
  problem(text: string): void;
}

/** @param lines the terminal's, or undefined away from one */
export function createChatScreen(lines: Interface | undefined): ChatScreen {
  /** The reply of which something was shown last. */
  let last: { readonly id: string; shown: string } | undefined;
  /** Whether the cursor stands at its end. */
  let isOpen = false;
  let hasTypingMark = false;

  /** To the beginning of an empty line. */
  function freshLine(): void {
    if (hasTypingMark) process.stdout.write('\r\u001b[K');
    else if (isOpen) print();
    hasTypingMark = false;
    isOpen = false;
  }

  return {
    prompt() {
      if (lines === undefined) return;
      freshLine();
      lines.setPrompt(style('cyan', '› '));
      lines.prompt();
    },
    end() {
      if (lines !== undefined) print();
    },
    piece(id, text) {
      if (lines === undefined) return;
      if (last?.id !== id) last = { id, shown: '' };
      if (!isOpen) freshLine();
      isOpen = true;
      last.shown += text;
      process.stdout.write(plain(text));
    },
    reply({ id, text, sender }) {
      if (lines === undefined) {
        print(text);
        return;
      }
      const rest = last?.id === id && text.startsWith(last.shown) ? text.slice(last.shown.length) : undefined;
      last = { id, shown: text };
      if (rest === '') return;
      if (rest === undefined || !isOpen) {
        freshLine();
        print(style('dim', `${plain(sender.name)}:`));
      }
      process.stdout.write(plain(rest ?? text));
      isOpen = true;
    },
    earlier({ sender, text }) {
      if (lines !== undefined) print(`${style('dim', `${plain(sender.name)}:`)} ${plain(text)}`);
    },
    typing(name, isTyping) {
      if (lines === undefined || isOpen || isTyping === hasTypingMark) return;
      if (isTyping) process.stdout.write(style('dim', `${plain(name)} is typing …`));
      else process.stdout.write('\r\u001b[K');
      hasTypingMark = isTyping;
    },
    note(text) {
      if (lines === undefined) return;
      freshLine();
      print(style('dim', plain(text)));
    },
    problem(text) {
      if (lines !== undefined) freshLine();
      printError(style('red', plain(text), process.stderr));
    },
  };
}
