import { Button } from '@mantine/core';
import type { ChannelName } from '@parley/shared-models';
import { useMemo, useState } from 'react';
import { Entry } from '../../components/error-boundary.tsx';
import { EventEntry } from '../../components/event-entry.tsx';
import { EmptyList, LoadingList } from '../../components/list-state.tsx';
import { PageSection } from '../../components/page.tsx';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { type ChannelRecord, recordKey } from '../../model/channel-events.ts';
import { useAppState, useIsConnected } from '../../model/use-app-model.ts';
import { useChannels } from '../../model/use-channels.ts';
import classes from './channel-events.module.css';

type Shown = ChannelName | 'all';

/** The events of the channels, updated live, the newest first. */
export function ChannelEvents() {
  const channels = useChannels();
  const isConnected = useIsConnected();
  const isWelcomed = useAppState(({ welcome }) => welcome !== undefined);
  const events = useAppState((state) => state.events);
  const [shown, setShown] = useState<Shown>('all');
  /** The events at the moment when the list was paused. */
  const [held, setHeld] = useState<readonly ChannelRecord[]>();

  const listed = useMemo(
    () => (held ?? events).filter(({ channel }) => shown === 'all' || channel === shown).toReversed(),
    [held, events, shown],
  );
  const missed = held === undefined ? 0 : events.filter((record) => !held.includes(record)).length;

  return (
    <PageSection
      title="Events"
      note={
        <div className={classes.tools}>
          {channels.length < 2
            ? null
            : (['all', ...channels] as const).map((each) => (
                <Button
                  key={each}
                  size="compact-sm"
                  variant={each === shown ? 'light' : 'subtle'}
                  color={each === shown ? 'petrol' : 'gray'}
                  aria-pressed={each === shown}
                  onClick={() => setShown(each)}
                >
                  {each}
                </Button>
              ))}
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => setHeld(held === undefined ? events : undefined)}
          >
            {held === undefined ? 'Hold' : missed === 0 ? 'Go on' : `Go on (${missed} new)`}
          </Button>
        </div>
      }
    >
      {!isWelcomed ? <LoadingList label="Loading the events" rows={3} /> : null}
      {isWelcomed && channels.length === 0 ? (
        <EmptyList title="Not for your role">Members see the events of what they began themselves.</EmptyList>
      ) : null}
      {channels.length > 0 && listed.length === 0 ? (
        <EmptyList title={isConnected ? 'Nothing was published yet' : 'There is no connection'}>
          What agents and people publish on the channels appears here at once, for example when you write
          “order 1 laptop”.
        </EmptyList>
      ) : null}
      {listed.length === 0 ? null : (
        <ScrollRegion className={classes.list} label="Events of the channels">
          <ol className={classes.entries} data-stale={!isConnected || undefined}>
            {listed.map((record) => (
              <li key={recordKey(record)}>
                <Entry name="An event">
                  <EventEntry channel={record.channel} event={record.event} isLinked />
                </Entry>
              </li>
            ))}
          </ol>
        </ScrollRegion>
      )}
    </PageSection>
  );
}
