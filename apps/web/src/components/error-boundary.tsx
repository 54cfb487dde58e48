import { Button } from '@mantine/core';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { reportProblem } from '../model/failures.ts';
import classes from './list-state.module.css';

interface Props {
  readonly children: ReactNode;
  /** What stands there instead. @default the whole page's place: what has failed, and a way to draw it again */
  readonly fallback?: () => ReactNode;
}

interface State {
  readonly error: unknown;
  readonly hasFailed: boolean;
}

/** Keeps what is around it alive when something cannot be drawn. React offers this to classes only. */
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
  /** Whether the children are an item of a list. */
  readonly isListItem?: boolean;
  readonly children: ReactNode;
}

/** One of many that others have written: when it cannot be drawn, it is named and the others are there. */
export function Entry({ name, isListItem, children }: EntryProps) {
  const said = <p className={classes.text}>{name} could not be drawn.</p>;
  return <ErrorBoundary fallback={() => (isListItem ? <li>{said}</li> : said)}>{children}</ErrorBoundary>;
}
