import type { SmallStorage } from './browser-storage.ts';

const KEY = 'parley.token';

/** The token that the person has signed in with; kept for as long as the tab is. */
export interface SignInToken {
  get(): string | undefined;
  set(token: string): void;
  clear(): void;
}

export function keepSignInToken(storage: SmallStorage): SignInToken {
  return {
    get: () => storage.getItem(KEY) ?? undefined,
    set: (token) => storage.setItem(KEY, token),
    clear: () => storage.removeItem(KEY),
  };
}
