import { useLocalStorage, useMediaQuery } from '@mantine/hooks';

/** The columns that fit into the window; the others open as drawers. */
export interface Layout {
  readonly hasSidebar: boolean;
  readonly hasPathColumn: boolean;
}

const atOnce = { getInitialValueInEffect: false };

export function useLayout(): Layout {
  const hasSidebar = useMediaQuery('(min-width: 50em)', undefined, atOnce);
  const hasPathColumn = useMediaQuery('(min-width: 72em)', undefined, atOnce);
  return { hasSidebar, hasPathColumn };
}

/** Whether the person wants the path column where it fits; stored in this browser. */
export const usePathWanted = () =>
  useLocalStorage({ key: 'parley.path-column', defaultValue: true, getInitialValueInEffect: false });
