import type { ChatMessage } from '@parley/shared-models';
import { createContext, useContext } from 'react';

/** Actions of a message on the surrounding page. The object is stable, so it causes no new rendering of messages. */
export interface ChatView {
  /** Shows the path of a person's message. */
  showPath(messageId: string): void;
  /** Puts the text into the composer, to be sent as a new message. */
  edit(message: ChatMessage): void;
  /** Sends the same text again, as a new message. */
  sendAgain(message: ChatMessage): void;
}

const ChatViewContext = createContext<ChatView | undefined>(undefined);
export const ChatViewProvider = ChatViewContext.Provider;

/** @throws Error outside `ChatViewProvider` */
export function useChatView(): ChatView {
  const view = useContext(ChatViewContext);
  if (view === undefined) throw new Error('there is no ChatViewProvider around this component');
  return view;
}
