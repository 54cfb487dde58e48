import { VisuallyHidden } from '@mantine/core';
import { useSessionState } from '../session/use-session.ts';

const MAX_CHARACTERS = 400;

/**
 * Tells screen readers of each finished message, once. The conversation itself is not a live region, because a reply
 * that grows would be read out again with every piece.
 */
export function Announcer() {
  const message = useSessionState(({ latestArrival }) => latestArrival);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {message === undefined ? '' : `${message.sender.name}: ${message.text.slice(0, MAX_CHARACTERS)}`}
    </VisuallyHidden>
  );
}
