import type { Locator, Page } from 'playwright-core';

/** The chat page by roles and names, as a person uses it. */
export interface ChatScreen {
  readonly page: Page;
  readonly input: Locator;
  readonly messages: Locator;
  send(text: string): Promise<void>;
  /** Messages of all participants that contain the text. */
  message(text: string): Locator;
  /** Resolves when the text is shown. */
  shows(text: string | RegExp): Promise<void>;
  /** The conversation's id, from the address. */
  conversationId(): string;
}

export function chatScreen(page: Page): ChatScreen {
  const input = page.getByRole('textbox', { name: 'Message' });
  const messages = page.getByRole('region', { name: 'Messages' });
  return {
    page,
    input,
    messages,
    async send(text) {
      await input.fill(text);
      await input.press('Enter');
    },
    message: (text) => messages.getByRole('article').filter({ hasText: text }),
    shows: (text) => page.getByText(text).first().waitFor(),
    conversationId() {
      const id = /\/c\/([^/?]+)/.exec(page.url())?.[1];
      if (id === undefined) throw new Error(`no conversation in ${page.url()}`);
      return id;
    },
  };
}
