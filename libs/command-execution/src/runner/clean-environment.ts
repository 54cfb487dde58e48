import type { SystemUser } from './system-user.ts';

/**
 * All that a command finds in its environment: nothing of the agent's own, where secrets are, but for the language.
 * @param own what the policy adds
 */
export function cleanEnvironment(
  path: readonly string[],
  user: SystemUser,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: path.join(':'),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    LANG: process.env.LANG ?? 'C.UTF-8',
    TERM: 'xterm-256color',
    // There is no terminal, but somebody watches: many programs print colours when they are told so.
    FORCE_COLOR: '1',
    CLICOLOR_FORCE: '1',
    ...own,
  };
}
