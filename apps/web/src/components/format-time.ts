const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const dayInYear = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });

const DAY_MS = 86_400_000;

/** `14:05`, in the reader's time zone and habit. */
export const clockTime = (iso: string): string => clock.format(new Date(iso));

/** Time to the second, with the date unless it is today: for lists. */
export function shortTime(iso: string, now: Date): string {
  const date = new Date(iso);
  return (calendarDaysBetween(date, now) === 0 ? seconds : short).format(date);
}

/** Date and time in full, for titles. */
export const fullTime = (iso: string): string => full.format(new Date(iso));

/** Days between the two as the calendar counts them, in local time: 0 today, 1 yesterday. */
export function calendarDaysBetween(earlier: Date, later: Date): number {
  const start = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  // Rounded, because a day has 23 or 25 hours when the clock changes.
  return Math.round((start(later) - start(earlier)) / DAY_MS);
}

/** `Today`, `Yesterday`, `Monday, 3 March`, and with the year when it is another one. */
export function dayLabel(iso: string, now: Date): string {
  const date = new Date(iso);
  const days = calendarDaysBetween(date, now);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return date.getFullYear() === now.getFullYear() ? dayInYear.format(date) : dayWithYear.format(date);
}

/** `< 1 ms`, `840 ms`, `1.24 s`, `12.5 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. Negative counts as nothing. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 0) return '0 ms';
  if (milliseconds > 0 && milliseconds < 1) return '< 1 ms';
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 3600) return pair(wholeSeconds, 60, 'min', 's');
  const minutes = Math.round(wholeSeconds / 60);
  if (minutes < 1440) return pair(minutes, 60, 'h', 'min');
  return pair(Math.round(minutes / 60), 24, 'd', 'h');
}

function pair(total: number, size: number, large: string, small: string): string {
  const rest = total % size;
  const head = `${Math.floor(total / size)} ${large}`;
  return rest === 0 ? head : `${head} ${rest} ${small}`;
}

/** `now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function agoText(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
