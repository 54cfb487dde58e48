import { ParleyError, Role, type User } from '@parley/shared-models';

/** @throws ParleyError `forbidden` when none of the user's roles includes this one */
export function requireRole(user: User, role: Role): void {
  const needed = Role.options.indexOf(role);
  if (user.roles.some((has) => Role.options.indexOf(has) >= needed)) return;
  throw new ParleyError('forbidden', `That needs the role "${role}".`);
}
