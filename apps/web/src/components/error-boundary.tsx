import { Button } from '@mantine/core';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { reportProblem } from '../session/report-problem.ts';
import classes from './list-state.module.css';

interface State {
  readonly error: unknown;
  readonly hasFailed: boolean;
}

/** Keeps the rest of the app alive when a page cannot be drawn. React offers this to classes only. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined, hasFailed: false };

  static getDerivedStateFromError(error: unknown): State {
    return { error, hasFailed: true };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    reportProblem(`a page could not be drawn${info.componentStack ?? ''}`, error);
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
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
