import { type KeyboardEvent, useState } from 'react';

/**
 * For the `onKeyDown` of a command line: arrow up and down go through what was run before, as in a shell.
 * @param history the last one first
 */
export function useHistory(
  history: readonly string[],
  line: string,
  onChange: (line: string) => void,
): { onKeyDown: (event: KeyboardEvent) => void; leave: () => void } {
  const [place, setPlace] = useState<{ index: number; draft: string }>();

  function go(step: 1 | -1): boolean {
    const index = (place?.index ?? -1) + step;
    const draft = place?.draft ?? line;
    if (index < -1 || index >= history.length) return false;
    setPlace(index === -1 ? undefined : { index, draft });
    onChange(index === -1 ? draft : (history[index] ?? draft));
    return true;
  }

  return {
    leave: () => setPlace(undefined),
    onKeyDown(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
      if (go(event.key === 'ArrowUp' ? 1 : -1)) event.preventDefault();
    },
  };
}
