import { type ReactNode, useState } from 'react';

interface Props {
  readonly className: string | undefined;
  /** A `summary` element. */
  readonly summary: ReactNode;
  /** Called only while the element is open: in a long list the contents are not rendered for each item. */
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
