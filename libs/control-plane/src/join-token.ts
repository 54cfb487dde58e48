/** Characters that a header may carry without being changed on the way. */
const ALLOWED = /^[\x21-\x7e]+$/;

/**
 * The metadata value that carries a join token.
 * @throws Error when the token cannot be sent; the text does not contain it
 */
export function bearer(joinToken: string): string {
  if (!ALLOWED.test(joinToken)) {
    throw new Error('The join token must be of printable ASCII characters without spaces, at least one.');
  }
  return `Bearer ${joinToken}`;
}
