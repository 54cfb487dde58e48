import { createStore, type StoreApi } from 'zustand/vanilla';
import type { SmallStorage } from '../../../model/browser-storage.ts';

/** Unsent texts by conversation; `NEW` for a conversation that has not begun. Kept as long as the tab. */
export interface UnsentTexts {
  readonly store: StoreApi<Readonly<Record<string, string>>>;
  get(key: string): string;
  set(key: string, text: string): void;
}

export const NEW = 'new';

export function createUnsentTexts(storage: SmallStorage): UnsentTexts {
  const store = createStore<Readonly<Record<string, string>>>()(() => ({}));
  const name = (key: string) => `parley.unsent.${key}`;
  return {
    store,
    get(key) {
      return store.getState()[key] ?? storage.getItem(name(key)) ?? '';
    },
    set(key, text) {
      store.setState({ [key]: text });
      if (text === '') storage.removeItem(name(key));
      else storage.setItem(name(key), text);
    },
  };
}
