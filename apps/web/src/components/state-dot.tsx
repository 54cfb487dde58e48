import type { AgentState } from '@parley/shared-models';
import classes from './state-dot.module.css';

/** Each state has a shape of its own, so that it does not depend on telling colours apart. */
export function StateDot({ state }: { state: AgentState }) {
  return <span className={classes.dot} data-state={state} aria-hidden="true" />;
}
