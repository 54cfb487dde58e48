import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { IconCloudOff } from '../components/icons.ts';
import { useNow } from '../components/use-now.ts';
import { useAppModel, useAppState } from '../model/use-app-model.ts';
import { connectionText } from './connection-text.ts';
import classes from './offline-banner.module.css';

/** An interruption shorter than this is not shown. */
const PATIENCE_MS = 1200;

/** Shown without a connection: the reason, the time of the next try, and that messages are kept meanwhile. */
export function OfflineBanner() {
  const isOpen = useAppState(({ connection }) => connection.state === 'open');
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    if (isOpen) return setIsLate(false);
    const timer = setTimeout(() => setIsLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isOpen]);
  // The region is always there: screen readers only notice changes inside one.
  return <div role="status">{isOpen || !isLate ? null : <Banner />}</div>;
}

function Banner() {
  const model = useAppModel();
  const connection = useAppState((state) => state.connection);
  const kept = useAppState(({ outbox }) => outbox.length);
  const now = useNow(1000);
  return (
    <div className={classes.banner}>
      <IconCloudOff size={16} aria-hidden="true" />
      <p className={classes.text}>
        {/* The countdown would be read out every second. */}
        <span className={classes.why} aria-hidden="true">
          {connectionText(connection, now).long}{' '}
        </span>
        {kept === 0
          ? 'Keep writing: messages are kept in this browser and sent once you are connected.'
          : `${kept === 1 ? '1 message is' : `${kept} messages are`} kept in this browser and will be sent once, in order, when you are connected.`}
      </p>
      <Button size="compact-xs" variant="default" onClick={model.reconnect}>
        Try now
      </Button>
    </div>
  );
}
