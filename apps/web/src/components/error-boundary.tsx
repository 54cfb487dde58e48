import { Button } from '@mantine/core';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { reportProblem } from '../model/failures.ts';
import classes from './list-state.module.css';

interface Props {
  readonly children: ReactNode;
  /** Shown instead of the children. @default an error page with a button to try again */
  readonly fallback?: () => ReactNode;
}

interface State {
  readonly error: unknown;
  readonly hasFailed: boolean;
}

/** Contains a rendering error, so that the surroundings stay. React offers this to classes only. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined, hasFailed: false };

  static getDerivedStateFromError(error: unknown): State {
    return { error, hasFailed: true };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    reportProblem(`something could not be drawn${info.componentStack ?? ''}`, error);
  }

  override render(): ReactNode {
    const { children, fallback } = this.props;
    if (!this.state.hasFailed) return children;
    if (fallback !== undefined) return fallback();
    const { error } = this.state;
    return (
      <main className={classes.state} role="alert">
        <p className={classes.title}>This page could not be drawn</p>
        <p className={classes.text}>{error instanceof Error ? error.message : String(error)}</p>
        <Button variant="default" onClick={() => this.setState({ error: undefined, hasFailed: false })}>
          Draw it again
        </Button>
      </main>
    );
  }
}

interface EntryProps {
  readonly name: string;
  /** Whether the children are a list item. */
  readonly isListItem?: boolean;
  readonly children: ReactNode;
}

/** An item with foreign content: if it cannot be rendered, a note replaces it and the other items stay. */
export function Entry({ name, isListItem, children }: EntryProps) {
  const said = <p className={classes.text}>{name} could not be drawn.</p>;
  return <ErrorBoundary fallback={() => (isListItem ? <li>{said}</li> : said)}>{children}</ErrorBoundary>;
}
