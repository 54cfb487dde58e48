import type { HealthReport } from '@parley/shared-models';
import { useCallback } from 'react';
import { durationText } from '../../components/format-time.ts';
import { FailedList, LoadingList } from '../../components/list-state.tsx';
import { usePolled } from '../../components/use-polled.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './system-page.module.css';

const POLL_MS = 4000;

export function Health() {
  const { http } = useAppModel();
  const { data, failure, reload } = usePolled(
    useCallback((signal: AbortSignal) => http.health({ signal }), [http]),
    POLL_MS,
  );
  if (data === undefined && failure !== undefined) {
    return <FailedList title="The server's state could not be read" reason={failure} onRetry={reload} />;
  }
  if (data === undefined) return <LoadingList label="Loading the server's state" rows={3} />;
  return <HealthFacts report={data} failure={failure} />;
}

function HealthFacts({ report, failure }: { report: HealthReport; failure: string | undefined }) {
  const languageModel = useAppState(({ welcome }) => welcome?.languageModel);
  const { queue, store, brokers, agents, uptimeSeconds, version } = report;
  const isStale = failure !== undefined;
  return (
    <>
      {isStale ? <p className={classes.stale}>{failure} These are the last facts known.</p> : null}
      <dl className={classes.health} data-stale={isStale || undefined}>
        <Fact
          name="Queue"
          value={queue.kind === 'rabbitmq' ? 'RabbitMQ' : 'embedded'}
          tone={queue.state === 'up' ? 'good' : queue.state === 'blocked' ? 'warn' : 'bad'}
          note={queue.reason ?? queue.state}
        />
        <Fact
          name="Store"
          value={store.kind === 'postgres' ? 'PostgreSQL' : 'SQLite'}
          tone={store.state === 'up' ? 'good' : 'bad'}
          note={store.reason ?? store.state}
        />
        <Fact
          name="Brokers"
          value={String(brokers)}
          tone={brokers > 0 ? 'good' : 'bad'}
          note={brokers > 0 ? 'connected' : 'nobody routes messages'}
        />
        <Fact
          name="Agents"
          value={`${agents.online} of ${agents.known}`}
          tone={agents.online > 0 ? 'good' : 'warn'}
          note={agents.online > 0 ? 'online' : 'nobody can answer'}
        />
        <Fact name="Language model" value={languageModel ?? 'unknown'} />
        <Fact name="Up for" value={durationText(uptimeSeconds * 1000)} note={`version ${version}`} />
      </dl>
    </>
  );
}

interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly tone?: 'good' | 'warn' | 'bad';
  readonly note?: string;
}

function Fact({ name, value, tone, note }: FactProps) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd className={classes.value}>{value}</dd>
      {note === undefined ? null : (
        <dd className={classes.note} data-tone={tone}>
          {note}
        </dd>
      )}
    </div>
  );
}
