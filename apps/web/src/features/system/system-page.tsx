import { Page } from '../../components/page.tsx';
import { useHasRole } from '../../model/use-app-model.ts';
import { Audit } from './audit/audit.tsx';
import { ChannelEvents } from './channel-events.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { Health } from './health.tsx';
import { Queues } from './queues.tsx';

/** How the server and what it stands on are, what waits in the queues, and what nobody could handle. */
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
