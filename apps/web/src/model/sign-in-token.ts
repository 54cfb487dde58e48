import type { SmallStorage } from './browser-storage.ts';

const KEY = 'parley.token';

/** The person's token; kept as long as the tab. */
export interface SignInToken {
  get(): string | undefined;
  set(token: string): void;
  clear(): void;
}

/**
 * Reads the token of an address such as `http://127.0.0.1:8080/?token=…`, and removes it from the address bar and the
 * history, where other people might read it.
 */
export function takeTokenFromAddress(
  token: Pick<SignInToken, 'set'>,
  { location, history }: Pick<Window, 'location' | 'history'>,
): void {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given === null) return;
  url.searchParams.delete('token');
  history.replaceState(history.state, '', url);
  if (given !== '') token.set(given);
}

export function keepSignInToken(storage: SmallStorage): SignInToken {
  return {
    get: () => storage.getItem(KEY) ?? undefined,
    set: (token) => storage.setItem(KEY, token),
    clear: () => storage.removeItem(KEY),
  };
}
