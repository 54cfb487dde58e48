import type { HTMLAttributes, ReactNode, Ref } from 'react';

/** The name of the region for screen readers; a piece of text (`code`) is read out itself. */
type Named =
  | { readonly element?: 'section' | 'main'; readonly label: string }
  | { readonly element?: 'section' | 'main'; readonly label?: never; readonly 'aria-labelledby': string }
  | { readonly element: 'code'; readonly label?: never };

interface Scrolling extends Pick<HTMLAttributes<HTMLElement>, 'id' | 'role' | 'aria-live'> {
  readonly className?: string | undefined;
  readonly ref?: Ref<HTMLElement>;
  readonly onScroll?: () => void;
  readonly children: ReactNode;
}

/**
 * A scrollable part of the page, or a page that scrolls as a whole (`main`). It is focusable, so that the keyboard can
 * scroll it.
 */
export function ScrollRegion({
  element: Element = 'section',
  label,
  children,
  ...others
}: Named & Scrolling) {
  return (
    <Element aria-label={label} tabIndex={0} {...others}>
      {children}
    </Element>
  );
}
