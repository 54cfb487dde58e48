import type { CommandState } from '@parley/shared-models';
import { stateTexts } from './command-state-text.ts';
import { StateChip } from './state-chip.tsx';
import classes from './states-explained.module.css';

/** What stands where no command is chosen. */
export function StatesExplained() {
  return (
    <div className={classes.page}>
      <p className={classes.lead}>
        Choose a command to see what it prints. <kbd>↑</kbd> in the command line brings back what you ran
        before.
      </p>
      <h2>The states of a command</h2>
      <dl>
        {Object.entries(stateTexts).map(([state, { explanation }]) => (
          <div key={state}>
            <dt>
              <StateChip state={state as CommandState} />
            </dt>
            <dd>{explanation}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
