import type { Envelope } from '@parley/messaging';
import { HEADERS } from '@parley/shared-models';

/**
 * Whether it is a reply that follows from an event or a task, and not from handling the message itself: an order's
 * notification, a task's report. It has an id that follows from what brought it about, so it counts whoever says it.
 */
export function isBesideAnswer({ type, headers }: Envelope): boolean {
  return type === 'chat.reply' && headers[HEADERS.causation] !== undefined;
}
