import { type ReactNode, useState } from 'react';

interface Props {
  readonly className: string | undefined;
  /** A `summary` element. */
  readonly summary: ReactNode;
  /** Asked for while it is open: what stands in many of a list need not be worked out for each. */
  readonly children: () => ReactNode;
}

export function Details({ className, summary, children }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className={className} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      {summary}
      {isOpen ? children() : null}
    </details>
  );
}
