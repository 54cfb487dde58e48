import { useCallback } from 'react';
import { EmptyList, FailedList, LoadingList } from '../../components/list-state.tsx';
import { PageSection } from '../../components/page.tsx';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { usePolled } from '../../components/use-polled.ts';
import { useAppModel, useHasRole } from '../../model/use-app-model.ts';
import { ResetQueues } from './reset-queues.tsx';
import classes from './system-page.module.css';

const POLL_MS = 3000;

/** The length of each queue, and the number of its consumers. */
export function Queues() {
  const { http } = useAppModel();
  const mayReset = useHasRole('operator');
  const { data, failure, reload } = usePolled(
    useCallback(async (signal: AbortSignal) => (await http.queues({ signal })).queues, [http]),
    POLL_MS,
  );
  return (
    <PageSection
      title="Queues"
      note={mayReset && data !== undefined ? <ResetQueues queues={data} onDone={reload} /> : undefined}
    >
      {data === undefined && failure === undefined ? (
        <LoadingList label="Loading the queues" rows={3} />
      ) : null}
      {failure === undefined ? null : (
        <FailedList title="The queues could not be read" reason={failure} onRetry={reload} />
      )}
      {data?.length === 0 ? (
        <EmptyList title="There are no queues yet">They are made when an agent registers.</EmptyList>
      ) : null}
      {data === undefined || data.length === 0 ? null : (
        <ScrollRegion className={classes.tableScroll} label="Depths of the queues">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">queue</th>
                <th scope="col">waiting</th>
                <th scope="col">in hand</th>
                <th scope="col">consumers</th>
              </tr>
            </thead>
            <tbody>
              {data.map(({ name, ready, unacknowledged, consumers }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td data-some={ready > 0 || undefined}>{ready}</td>
                  <td data-some={unacknowledged > 0 || undefined}>{unacknowledged}</td>
                  <td data-warn={(consumers === 0 && ready > 0) || undefined}>{consumers}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </PageSection>
  );
}
