import { Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconAlertCircle,
  IconArrowRight,
  IconCheck,
  IconChecks,
  IconClock,
  IconClockPause,
  IconPlayerStop,
} from '../../../components/icons.ts';
import type { Delivery } from './delivery.ts';
import classes from './entry.module.css';

const icons = {
  queued: IconClockPause,
  sending: IconClock,
  accepted: IconCheck,
  routed: IconArrowRight,
  answered: IconChecks,
  stopped: IconPlayerStop,
  failed: IconAlertCircle,
};

/** The state of the message as an icon with a name; a click shows its path. */
export function DeliveryMark({ delivery, onClick }: { delivery: Delivery; onClick?: () => void }) {
  const Icon = icons[delivery.state];
  if (onClick === undefined) {
    return (
      <span
        className={classes.mark}
        data-state={delivery.state}
        title={delivery.label}
        role="img"
        aria-label={delivery.label}
      >
        <Icon size={16} stroke={1.75} />
      </span>
    );
  }
  const label = `${delivery.label.replace(/\.$/, '')}. Show its path.`;
  return (
    <Tooltip label={label}>
      <UnstyledButton
        className={classes.mark}
        data-state={delivery.state}
        aria-label={label}
        onClick={onClick}
      >
        <Icon size={16} stroke={1.75} aria-hidden="true" />
      </UnstyledButton>
    </Tooltip>
  );
}
