import { z } from 'zod';
import { Day, sayDay } from '../language/day.ts';

/** A person's goal, in their own words. */
export const Goal = z.object({ text: z.string().max(200), since: Day });
export type Goal = z.infer<typeof Goal>;

const SET =
  /\b(?:my|our|the|mein)\s+(?:new\s+|main\s+|next\s+|daily\s+|weekly\s+|fitness\s+|nutrition\s+|food\s+|health\s+|running\s+|training\s+|neues\s+)*(?:goal|target|aim|ziel)\s*(?:(?:ist\b|is\b|was\b|should be\b|shall be\b|=|:|to\b)\s*)+(?:now\s+)?(.+)$/i;
const SET_TO = /\b(?:set|change|make)\b.*\bgoal\b\s*(?:to|:)\s*(.+)$/i;
const SET_AS = /\b(?:set|note|remember|i have|i've)\s+(?:me\s+)?(?:a|the)\s+goal\s+(?:of|to|:)\s*(.+)$/i;

/** The goal that a clause sets, as it was said; undefined: it sets none. */
export function goalSetIn(clause: string): string | undefined {
  if (/^(?:what|what's|whats|do|is|how|which|was)\b/i.test(clause) || clause.endsWith('?')) return undefined;
  const said = (SET_TO.exec(clause) ?? SET_AS.exec(clause) ?? SET.exec(clause))?.[1]
    ?.replace(/[\s.!]+$/, '')
    .trim();
  return said === undefined || said === '' ? undefined : said.slice(0, 200);
}

/** Whether a clause asks for the goal, or for its progress. */
export function asksForGoal(clause: string): boolean {
  return (
    /\b(?:what|what's|whats|which|remember|know|tell|show|was)\b.*\b(?:goals?|target|ziel)\b/i.test(clause) ||
    /^(?:my )?goals?\W*$/i.test(clause)
  );
}

export function asksToForgetGoal(clause: string): boolean {
  return /\b(?:forget|remove|delete|drop|clear|cancel)\b.*\bgoals?\b/i.test(clause);
}

export function sayGoal(goal: Goal): string {
  return `Your goal: **${goal.text}** (since ${sayDay(goal.since)}).`;
}
