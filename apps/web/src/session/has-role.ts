import { Role, type User } from '@parley/shared-models';

/** Each role includes the ones before it. */
export function hasRole(user: User | undefined, role: Role): boolean {
  const needed = Role.options.indexOf(role);
  return user?.roles.some((has) => Role.options.indexOf(has) >= needed) ?? false;
}
