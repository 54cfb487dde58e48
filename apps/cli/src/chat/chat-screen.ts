import type { Interface } from 'node:readline';
import type { ChatMessage } from '@parley/shared-models';
import { plain, print, printError, style } from '../output.ts';

/** What a chat shows. Away from a terminal only finished replies go to stdout, and problems to stderr. */
export interface ChatScreen {
  prompt(): void;
  /** A piece of a reply that is being written. */
  piece(messageId: string, text: string): void;
  /** A finished reply: what of it was not shown in pieces. */
  reply(message: ChatMessage): void;
  earlier(message: ChatMessage): void;
  typing(name: string, isTyping: boolean): void;
  note(text: string): void;
  problem(text: string): void;
}

/** @param lines the terminal's, or undefined away from one */
export function createChatScreen(lines: Interface | undefined): ChatScreen {
  /** The reply whose pieces are on the line the cursor is in. */
  let open: { readonly id: string; shown: string } | undefined;
  let hasTypingMark = false;

  /** To the beginning of an empty line. */
  function freshLine(): void {
    if (hasTypingMark) process.stdout.write('\r\u001b[K');
    else if (open !== undefined) print();
    hasTypingMark = false;
    open = undefined;
  }

  return {
    prompt() {
      if (lines === undefined) return;
      freshLine();
      lines.setPrompt(style('cyan', '› '));
      lines.prompt();
    },
    piece(id, text) {
      if (lines === undefined) return;
      if (open?.id !== id) {
        freshLine();
        open = { id, shown: '' };
      }
      open.shown += text;
      process.stdout.write(plain(text));
    },
    reply({ id, text, sender }) {
      if (lines === undefined) {
        print(text);
        return;
      }
      if (open?.id === id && text.startsWith(open.shown)) {
        process.stdout.write(plain(text.slice(open.shown.length)));
      } else {
        freshLine();
        print(style('dim', `${plain(sender.name)}:`));
        process.stdout.write(plain(text));
        open = { id, shown: text };
      }
    },
    earlier({ sender, text }) {
      if (lines !== undefined) print(`${style('dim', `${plain(sender.name)}:`)} ${plain(text)}`);
    },
    typing(name, isTyping) {
      if (lines === undefined || open !== undefined || isTyping === hasTypingMark) return;
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
