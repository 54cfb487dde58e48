import type { CommandState } from '@parley/shared-models';
import {
  IconArrowRight,
  IconBan,
  IconCheck,
  IconClock,
  IconClockPause,
  IconHelpCircle,
  IconPlayerPlayFilled,
  IconPlayerStop,
  IconUserCheck,
  IconX,
} from '../../components/icons.ts';
import { stateTexts } from './command-state-text.ts';
import classes from './state-chip.module.css';

const icons: Readonly<Record<CommandState, typeof IconCheck>> = {
  queued: IconClock,
  sent: IconArrowRight,
  awaiting_approval: IconUserCheck,
  running: IconPlayerPlayFilled,
  succeeded: IconCheck,
  failed: IconX,
  cancelled: IconPlayerStop,
  timed_out: IconClockPause,
  refused: IconBan,
  lost: IconHelpCircle,
};

/** A state with an icon of its own, so that it does not depend on telling colours apart. */
export function StateChip({ state, isStopping = false }: { state: CommandState; isStopping?: boolean }) {
  const { label, explanation, tone } = stateTexts[state];
  const Icon = icons[state];
  return (
    <span className={classes.chip} data-tone={tone} title={explanation}>
      <Icon size={13} stroke={2} aria-hidden="true" />
      {isStopping ? 'being stopped' : label}
    </span>
  );
}
