import { Role, type User } from './participants.ts';

/**
 * The actions of people, and the least role that may do each; a role includes the ones before it. The one place: every
 * frame and every HTTP route names an action of this table. Whose a conversation, file or task is, is checked beside it.
 */
export const PERMISSIONS = {
  'agents.read': 'viewer',
  'conversations.read': 'viewer',
  'external.read': 'viewer',
  'files.read': 'viewer',
  'metrics.read': 'viewer',
  'queues.read': 'viewer',
  'tasks.read': 'viewer',
  'channels.read': 'member',
  'conversations.write': 'member',
  'events.publish': 'member',
  'tasks.cancel': 'member',
  'agents.control': 'operator',
  /** Sees and cancels the tasks of others. */
  'tasks.all': 'operator',
  'audit.read': 'operator',
  'commands.approve': 'operator',
  'commands.read': 'operator',
  'commands.run': 'operator',
  'deadLetters.manage': 'operator',
  'deadLetters.read': 'operator',
  'external.report': 'operator',
  'external.send': 'operator',
  'queues.reset': 'operator',
  'tokens.revoke': 'operator',
  /** Reads and publishes on the channel `agents`. */
  'channels.agents': 'operator',
  /** Sends messages for an external person. */
  'messages.onBehalf': 'operator',
  /** Reads the files of others. */
  'files.readAll': 'admin',
} as const satisfies Record<string, Role>;
export type Action = keyof typeof PERMISSIONS;

/** Whether one of the user's roles is at least this one. */
export function hasRole(user: User | undefined, role: Role): boolean {
  const needed = Role.options.indexOf(role);
  return user?.roles.some((has) => Role.options.indexOf(has) >= needed) ?? false;
}

export function isAllowed(user: User, action: Action): boolean {
  return hasRole(user, PERMISSIONS[action]);
}
