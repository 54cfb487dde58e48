import type { KeyboardEvent } from 'react';

const STEPS: Record<string, (index: number, count: number) => number> = {
  ArrowDown: (index, count) => Math.min(index + 1, count - 1),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** For `onKeyDown` of a list: arrows, Home and End move the focus among its links and buttons marked `data-item`. */
export function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-item]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  if (at === -1 && event.target instanceof HTMLInputElement && event.key !== 'ArrowDown') return;
  const next = items[at === -1 ? 0 : step(at, items.length)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
