import type { HTMLAttributes, ReactNode, Ref } from 'react';

interface Props extends Pick<HTMLAttributes<HTMLElement>, 'id' | 'role' | 'aria-labelledby' | 'aria-live'> {
  /** `main` is a page that scrolls as a whole, `code` a piece of text. @default section */
  readonly element?: 'section' | 'main' | 'code';
  /** What scrolls here, for screen readers. Not for `code`, which is read out itself, nor beside `aria-labelledby`. */
  readonly label?: string;
  readonly className?: string | undefined;
  readonly ref?: Ref<HTMLElement>;
  readonly onScroll?: () => void;
  readonly children: ReactNode;
}

/** A part of the page that scrolls by itself: it has a name, and takes the focus so that the keyboard can scroll it. */
export function ScrollRegion({ element: Element = 'section', label, children, ...others }: Props) {
  return (
    <Element aria-label={label} tabIndex={0} {...others}>
      {children}
    </Element>
  );
}
