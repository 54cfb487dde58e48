export interface Page {
  readonly id: 'chat' | 'agents' | 'commands' | 'tasks' | 'system';
  readonly label: string;
  readonly path: string;
  /** Whether the page is shown at this address. */
  readonly owns: (location: string) => boolean;
}

export const pages: readonly Page[] = [
  {
    id: 'chat',
    label: 'Chat',
    path: '/',
    owns: (location) => location === '/' || location.startsWith('/c/'),
  },
  { id: 'agents', label: 'Agents', path: '/agents', owns: (location) => location === '/agents' },
  {
    id: 'commands',
    label: 'Commands',
    path: '/commands',
    owns: (location) => location === '/commands' || location.startsWith('/commands/'),
  },
  {
    id: 'tasks',
    label: 'Tasks',
    path: '/tasks',
    owns: (location) => /^\/(tasks|events)(\/|$)/.test(location),
  },
  { id: 'system', label: 'System', path: '/system', owns: (location) => location === '/system' },
];

/** The title of the browser's tab: `(2) Budget · Parley`. */
export function pageTitle(name: string | undefined, unread: number): string {
  const title = name === undefined || name === '' ? 'Parley' : `${name} · Parley`;
  return unread === 0 ? title : `(${unread}) ${title}`;
}
