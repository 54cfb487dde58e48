/**
 * A user and password inside a URL, as they stand in error messages of drivers. Also a password with `/`, `@` or `#`
 * in it, which no URL may hold unescaped but people write; `host:port` followed by a path is not taken for one. Bounded, so that
 * a long text cannot make it slow.
 */
const CREDENTIALS_IN_URL =
  /\b([a-z][a-z0-9+.-]{0,20}:\/\/)(?:[^\s/@:"\\]{0,256}@|[^\s/@:?#"\\]{0,256}:(?!\d+(?:[/?#"\s]|$))[^\s"\\]{0,256}@)/gi;

/** As the printed address of Parley has one. */
const TOKEN_IN_QUERY = /([?&](?:access_)?token=)[^\s&#"'<>\\]+/gi;

/** The text without the passwords and tokens of URLs in it. */
export function redactUrls(text: string): string {
  const withoutTokens = text.replace(TOKEN_IN_QUERY, '$1***');
  return withoutTokens.includes('://') ? withoutTokens.replace(CREDENTIALS_IN_URL, '$1***@') : withoutTokens;
}
