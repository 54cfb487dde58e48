import { Button } from '@mantine/core';
import type { AgentStatus } from '@parley/shared-models';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlugConnected,
  IconPlugOff,
} from '../../components/icons.ts';
import { ALL_AGENTS, isChangedBy } from '../../model/agent-control.ts';
import type { AgentAction } from '../../model/app-state.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import { confirmations } from './agent-action-text.ts';
import classes from './agents-page.module.css';

/** Actions on all agents at once; only those that would change the state of at least one agent. */
export function AllAgentsActions({ agents }: { agents: readonly AgentStatus[] }) {
  const model = useAppModel();
  const [asked, setAsked] = useState<'pause' | 'deregister'>();
  const count = (action: AgentAction): number =>
    agents.filter(({ state }) => isChangedBy(action, state)).length;
  const act = (action: AgentAction): void => {
    setAsked(undefined);
    model.controlAgent(ALL_AGENTS, action);
  };

  return (
    <section className={classes.all} aria-label="All agents">
      {count('pause') === 0 ? null : (
        <Button
          {...button}
          leftSection={<IconPlayerPauseFilled size={12} aria-hidden="true" />}
          onClick={() => setAsked('pause')}
        >
          Pause all …
        </Button>
      )}
      {count('resume') === 0 ? null : (
        <Button
          {...button}
          leftSection={<IconPlayerPlayFilled size={12} aria-hidden="true" />}
          onClick={() => act('resume')}
        >
          Resume all
        </Button>
      )}
      {agents.some(({ state }) => state === 'offline') ? (
        <Button
          {...button}
          leftSection={<IconPlugConnected size={14} aria-hidden="true" />}
          onClick={() => act('reregister')}
        >
          Register all again
        </Button>
      ) : null}
      {count('deregister') === 0 ? null : (
        <Button
          {...button}
          leftSection={<IconPlugOff size={14} aria-hidden="true" />}
          onClick={() => setAsked('deregister')}
        >
          Deregister all …
        </Button>
      )}
      <ConfirmDialog
        isOpen={asked === 'pause'}
        title={`Pause ${countText(count('pause'))}?`}
        action="Pause all"
        onClose={() => setAsked(undefined)}
        onConfirm={() => act('pause')}
      >
        <p>They finish what they have in hand and take nothing more. Messages wait until they are resumed.</p>
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={asked === 'deregister'}
        title={confirmations.deregister.title(countText(count('deregister')))}
        action="Deregister all"
        onClose={() => setAsked(undefined)}
        onConfirm={() => act('deregister')}
      >
        <p>
          Nobody answers any more. Messages that are in their queues wait for a while, then fail with a
          reason. The processes go on: “Register all again” takes them back.
        </p>
      </ConfirmDialog>
    </section>
  );
}

const button = { variant: 'subtle', color: 'gray' } as const;
const countText = (count: number): string => (count === 1 ? 'one agent' : `all ${count} agents`);
