import type { ChatMessage } from '@parley/shared-models';
import { createContext, useContext } from 'react';

/** What a message can do to the page around it. Stable, so that no message is drawn again because of it. */
export interface ChatView {
  /** Shows the way of a message that a person sent. */
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
