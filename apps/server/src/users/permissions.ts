import { type ClientFrameType, ParleyError, Role, type User } from '@parley/shared-models';
import type { AuditLog } from '../audit/audit-log.ts';
import { enteredBy, type Origin } from '../audit/origin.ts';

/**
 * What people can do, and the least role that may do it; each role includes the ones before it. The one place: every
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
  'orders.read': 'viewer',
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
export function hasRole(user: User, role: Role): boolean {
  const needed = Role.options.indexOf(role);
  return user.roles.some((has) => Role.options.indexOf(has) >= needed);
}

export function isAllowed(user: User, action: Action): boolean {
  return hasRole(user, PERMISSIONS[action]);
}

/** @throws ParleyError `forbidden` that names the role which is missing */
export function authorize(user: User, action: Action): void {
  if (isAllowed(user, action)) return;
  throw new ParleyError('forbidden', `That needs the role "${PERMISSIONS[action]}".`, {
    details: { action, role: PERMISSIONS[action] },
  });
}

/** As `authorize`; what only operators and admins may do, and somebody else tried, is entered. @throws ParleyError `forbidden` */
export function authorizeEntered(action: Action, origin: Origin, audit: AuditLog | undefined): void {
  const role = PERMISSIONS[action];
  const isPrivileged = role === 'operator' || role === 'admin';
  if (isPrivileged && !isAllowed(origin.user, action)) {
    audit?.enterRefusal({
      ...enteredBy(origin),
      action: 'permission.refused',
      result: 'forbidden',
      details: { asked: action, role },
    });
  }
  authorize(origin.user, action);
}

/** What each frame asks for; `none`: nothing beyond being signed in. */
export const FRAME_ACTIONS: { readonly [T in ClientFrameType]: Action | 'none' } = {
  hello: 'none',
  ping: 'none',
  'message.send': 'conversations.write',
  'message.cancel': 'conversations.write',
  'conversation.open': 'conversations.read',
  'conversation.close': 'conversations.read',
  typing: 'conversations.write',
  'agents.request': 'agents.read',
  'agent.control': 'agents.control',
  'queues.reset': 'queues.reset',
  'command.run': 'commands.run',
  'command.cancel': 'commands.run',
  'command.open': 'commands.read',
  'command.close': 'commands.read',
  'command.approve': 'commands.approve',
  'command.reject': 'commands.approve',
  'task.cancel': 'tasks.cancel',
  'channel.open': 'channels.read',
  'channel.close': 'channels.read',
  'event.publish': 'events.publish',
  'external.report': 'external.report',
  'external.sent': 'external.report',
};
