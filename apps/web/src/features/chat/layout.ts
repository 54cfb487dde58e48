import { useLocalStorage, useMediaQuery } from '@mantine/hooks';

/** Which columns have room; the others open as drawers. */
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

/** Whether the path column is wanted where there is room for it; kept in this browser. */
export const usePathWanted = () =>
  useLocalStorage({ key: 'parley.path-column', defaultValue: true, getInitialValueInEffect: false });
