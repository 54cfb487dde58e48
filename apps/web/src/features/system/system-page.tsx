import { Page } from '../../components/page.tsx';
import { useHasRole } from '../../model/use-app-model.ts';
import { Audit } from './audit/audit.tsx';
import { ChannelEvents } from './channel-events.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { Health } from './health.tsx';
import { Queues } from './queues.tsx';

/** The health of the server and its backends, the queues, the dead letters, the events and the audit. */
export function SystemPage() {
  const mayManage = useHasRole('operator');
  return (
    <Page title="System">
      <Health />
      <Queues />
      {mayManage ? <DeadLetters /> : null}
      <ChannelEvents />
      {mayManage ? <Audit /> : null}
    </Page>
  );
}
