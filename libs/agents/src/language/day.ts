import { z } from 'zod';

/** A calendar day, `2026-01-31`. */
export const Day = z.string().regex(/^\d{4}-\d\d-\d\d$/);

const DAY_MS = 86_400_000;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** The day of this instant where the agent runs. */
export function dayOf(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Whether `day` is one of the last seven that end with `today`. */
export function isInLastWeek(day: string, today: string): boolean {
  return day > addDays(today, -7) && day <= today;
}

/** `Saturday, 31 January`. */
export function sayDay(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  return date.toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  });
}

/** The past day that a text speaks of: today unless it says `yesterday`, `two days ago` or `on Monday`. */
export function pastDayIn(text: string, today: string): string {
  const lower = text.toLowerCase();
  if (/\b(?:the day before yesterday|vorgestern)\b/.test(lower)) return addDays(today, -2);
  if (/\b(?:yesterday|last night|gestern)\b/.test(lower)) return addDays(today, -1);
  const ago = /\b(\d{1,2}|two|three|four|five|six) days ago\b/.exec(lower)?.[1];
  if (ago !== undefined)
    return addDays(today, -(Number(ago) || ['two', 'three', 'four', 'five', 'six'].indexOf(ago) + 2));
  const named = /\b(?:on|last) (sunday|monday|tuesday|wednesday|thursday|friday|saturday)\b/.exec(lower)?.[1];
  if (named === undefined) return today;
  const weekday = new Date(`${today}T00:00:00Z`).getUTCDay();
  const back = (weekday - WEEKDAYS.indexOf(named) + 7) % 7;
  return addDays(today, -(back === 0 && lower.includes(`last ${named}`) ? 7 : back));
}
