import type { ReactNode, Ref } from 'react';

interface Props {
  /** What scrolls here, for screen readers. */
  readonly label: string;
  readonly className?: string | undefined;
  readonly ref?: Ref<HTMLElement>;
  readonly onScroll?: () => void;
  readonly children: ReactNode;
}

/** A part of the page that scrolls by itself: it has a name, and takes the focus so that the keyboard can scroll it. */
export function ScrollRegion({ label, children, ...others }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: otherwise the keyboard could not scroll it
    <section aria-label={label} tabIndex={0} {...others}>
      {children}
    </section>
  );
}
