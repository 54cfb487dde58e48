/** A difference below this may as well be the time that the frame took. */
const DELAY_MS = 2000;

/** By how many milliseconds the server's clock is ahead; 0 when what differs can be the way of the frame. */
export function clockOffset(serverTime: string, now: number): number {
  const difference = Date.parse(serverTime) - now;
  return Math.abs(difference) < DELAY_MS ? 0 : difference;
}
