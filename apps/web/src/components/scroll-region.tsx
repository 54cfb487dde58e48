import type { HTMLAttributes, ReactNode, Ref } from 'react';

/** What scrolls here, for screen readers; a piece of text (`code`) is read out itself. */
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
 * A part of the page that scrolls by itself, or a page that does as a whole (`main`). It takes the focus, so that the
 * keyboard can scroll it.
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
