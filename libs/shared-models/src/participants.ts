import { z } from 'zod';
import { shownName } from './visible-text.ts';

/** The writer or receiver of a message. */
export const Participant = z.object({
  kind: z.enum(['user', 'agent', 'system', 'external']),
  id: z.string().min(1).max(128),
  name: shownName(128).min(1),
});
export type Participant = z.infer<typeof Participant>;

/** A user's role; each includes the ones before it. */
export const Role = z.enum(['viewer', 'member', 'operator', 'admin']);
export type Role = z.infer<typeof Role>;

export const User = z.object({
  id: z.string().min(1).max(128),
  name: shownName(128).min(1),
  roles: z.array(Role),
});
export type User = z.infer<typeof User>;
