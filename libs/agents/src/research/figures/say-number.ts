/** `+5.2 %`; `digits` after the point. */
export function sayChange(share: number, digits = 1): string {
  const text = sayShare(share, digits);
  return share > 0 && !/^0(?:\.0+)? %$/.test(text) ? `+${text}` : text;
}

/** `5.2 %`. A minus is a minus, not a hyphen. */
export function sayShare(share: number, digits = 1): string {
  const text = (share * 100).toFixed(digits);
  return `${/^-0(?:\.0+)?$/.test(text) ? text.slice(1) : text.replace('-', '−')} %`;
}

export const sayPrice = (price: number): string =>
  price.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** `48.2 million`, or the number itself below a million. */
export function sayCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} billion`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} million`;
  return Math.round(count).toLocaleString('en-US');
}

/** `20 November 2026`. */
export function sayDate(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** `Apple, Google and Tesla`. */
export function sayList(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
