import { Button, Popover } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { AgentStatus } from '@parley/shared-models';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import {
  IconActivityHeartbeat,
  IconDots,
  IconMessage2,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlugConnected,
  IconPlugOff,
  IconPower,
} from '../../components/icons.ts';
import type { AgentAction, AgentControl } from '../../model/app-state.ts';
import { describeFailure } from '../../model/failures.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import { confirmations, progressTexts } from './agent-action-text.ts';
import classes from './agents-page.module.css';

interface Props {
  readonly agent: AgentStatus;
  /** The action that was requested last and is not done yet. */
  readonly control: AgentControl | undefined;
  readonly mayControl: boolean;
}

export function AgentActions({ agent: { agentId, agentName, state }, control, mayControl }: Props) {
  const model = useAppModel();
  const isWaiting = control !== undefined && control.failure === undefined;
  const toggle: AgentAction = state === 'paused' ? 'resume' : 'pause';
  const act = (action: AgentAction): void => {
    if (!isWaiting) model.controlAgent(agentId, action);
  };
  return (
    <>
      <div className={classes.actions}>
        <Button
          component={Link}
          href={`/?to=${encodeURIComponent(agentName)}`}
          variant="default"
          leftSection={<IconMessage2 size={14} />}
        >
          Write to {agentName}
        </Button>
        {mayControl ? (
          <>
            {state === 'offline' ? null : (
              <Button
                variant="subtle"
                color="gray"
                aria-disabled={isWaiting}
                leftSection={
                  toggle === 'resume' ? (
                    <IconPlayerPlayFilled size={12} />
                  ) : (
                    <IconPlayerPauseFilled size={12} />
                  )
                }
                onClick={() => act(toggle)}
              >
                {isWaiting ? progressTexts[control.action] : toggle === 'resume' ? 'Resume' : 'Pause'}
              </Button>
            )}
            <MoreActions agentId={agentId} agentName={agentName} isThere={state !== 'offline'} onAct={act} />
          </>
        ) : null}
      </div>
      <p className={classes.failure} role="status">
        {control?.failure === undefined ? '' : `Could not ${control.action}: ${control.failure}`}
      </p>
    </>
  );
}

interface MoreProps {
  readonly agentId: string;
  readonly agentName: string;
  readonly isThere: boolean;
  readonly onAct: (action: AgentAction) => void;
}

/** Actions that are rarely needed or disruptive. */
function MoreActions({ agentId, agentName, isThere, onAct }: MoreProps) {
  const { commands } = useAppModel();
  const [, navigate] = useLocation();
  const [isOpen, { close, toggle }] = useDisclosure(false);
  const [asked, setAsked] = useState<'deregister' | 'shutdown'>();
  const [problem, setProblem] = useState<string>();

  function showStatus(): void {
    close();
    setProblem(undefined);
    commands.run({ agentId, commandType: 'status', command: '' }).then(
      ({ commands: [started] }) => navigate(`/commands/${started?.id ?? ''}`),
      (error: unknown) => setProblem(describeFailure(error)),
    );
  }

  return (
    <>
      <Popover
        opened={isOpen}
        onChange={close}
        position="bottom-end"
        withinPortal={false}
        trapFocus
        returnFocus
      >
        <Popover.Target>
          <Button
            variant="subtle"
            color="gray"
            aria-label={`More about ${agentName}`}
            title="More"
            onClick={toggle}
          >
            <IconDots size={16} aria-hidden="true" />
          </Button>
        </Popover.Target>
        <Popover.Dropdown className={classes.items ?? ''} aria-label={`More about ${agentName}`}>
          {isThere ? (
            <>
              <Button {...item} leftSection={<IconActivityHeartbeat size={15} />} onClick={showStatus}>
                Ask for its status
              </Button>
              <Button
                {...item}
                leftSection={<IconPlugOff size={15} />}
                onClick={() => {
                  close();
                  setAsked('deregister');
                }}
              >
                Deregister …
              </Button>
              <Button
                {...item}
                color="red"
                leftSection={<IconPower size={15} />}
                onClick={() => {
                  close();
                  setAsked('shutdown');
                }}
              >
                Shut down …
              </Button>
            </>
          ) : (
            <Button
              {...item}
              leftSection={<IconPlugConnected size={15} />}
              onClick={() => {
                close();
                onAct('reregister');
              }}
            >
              Register again
            </Button>
          )}
        </Popover.Dropdown>
      </Popover>
      <span className={classes.failure} role="status">
        {problem}
      </span>
      {(['deregister', 'shutdown'] as const).map((action) => (
        <ConfirmDialog
          key={action}
          isOpen={asked === action}
          title={confirmations[action].title(agentName)}
          action={confirmations[action].action}
          onClose={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined);
            onAct(action);
          }}
        >
          <p>{confirmations[action].text}</p>
        </ConfirmDialog>
      ))}
    </>
  );
}

const item = { variant: 'subtle', color: 'gray', justify: 'flex-start' } as const;
