import { type Action, isAllowed, ParleyError, PERMISSIONS, type User } from '@parley/shared-models';
import type { AuditLog } from '../audit/audit-log.ts';
import { enteredBy, type Origin } from '../audit/origin.ts';

/** @throws ParleyError `forbidden` that names the role which is missing */
export function authorize(user: User, action: Action): void {
  if (isAllowed(user, action)) return;
  throw new ParleyError('forbidden', `That needs the role "${PERMISSIONS[action]}".`, {
    details: { action, role: PERMISSIONS[action] },
  });
}

/**
 * As `authorize`; a refusal of an action for operators and admins is entered into the audit.
 * @throws ParleyError `forbidden`
 */
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
