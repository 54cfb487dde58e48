import { Button } from '@mantine/core';
import { type CommandRecord, isFinalCommandState } from '@parley/shared-models';
import { Link, useLocation } from 'wouter';
import { CopyButton } from '../../components/copy-button.tsx';
import { IconPencil, IconPlayerStopFilled, IconRefresh } from '../../components/icons.ts';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { StateDot } from '../../components/state-dot.tsx';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import { BatchTabs } from './batch-view.tsx';
import { CommandFacts } from './command-facts.tsx';
import { isStopping } from './command-list.tsx';
import { CommandOutput } from './command-output.tsx';
import { commandTitle, outcomeText, stateTexts } from './command-state-text.ts';
import classes from './command-view.module.css';
import { repeatOf } from './run-request.ts';
import { StateChip } from './state-chip.tsx';
import { useServerRequest } from './use-server-request.ts';

interface Props {
  readonly command: CommandRecord;
  readonly onEdit: (command: CommandRecord) => void;
}

/** One command: its state, its output and its actions. */
export function CommandView({ command, onEdit }: Props) {
  const { commands } = useAppModel();
  const [, navigate] = useLocation();
  const request = useServerRequest();
  const { id, state, agentId, agentName, type, batchId } = command;
  const isOver = isFinalCommandState(state);
  const agentState = useAppState(
    ({ agents }) => agents?.find((agent) => agent.agentId === agentId)?.state ?? 'offline',
  );

  return (
    <article className={classes.view} aria-labelledby="command-title">
      {batchId === undefined ? null : <BatchTabs batchId={batchId} openId={id} />}
      <header className={classes.head}>
        <h2 id="command-title" className={classes.title}>
          <ScrollRegion element="code">{commandTitle(command)}</ScrollRegion>
          <CopyButton text={command.command} label="Copy the command" />
        </h2>
        <div className={classes.actions}>
          {isOver ? null : (
            <Button
              variant="light"
              color="red"
              leftSection={<IconPlayerStopFilled size={13} aria-hidden="true" />}
              disabled={isStopping(command)}
              loading={request.isPending}
              onClick={() => request.run(() => commands.cancel(id))}
            >
              {isStopping(command) ? 'Being stopped …' : 'Cancel'}
            </Button>
          )}
          {isOver ? (
            <Button
              variant="default"
              leftSection={<IconRefresh size={14} aria-hidden="true" />}
              loading={request.isPending}
              onClick={() =>
                request.run(async () => {
                  const started = await commands.run(repeatOf([command]));
                  navigate(`/commands/${started.commands[0]?.id ?? ''}`);
                })
              }
            >
              Run again
            </Button>
          ) : null}
          {type === 'shell' ? (
            <Button
              variant="subtle"
              color="gray"
              leftSection={<IconPencil size={14} aria-hidden="true" />}
              onClick={() => onEdit(command)}
            >
              Edit
            </Button>
          ) : null}
        </div>
      </header>
      <p className={classes.state} role="status">
        <StateChip state={state} isStopping={isStopping(command)} />
        <span className={classes.outcome}>{outcomeText(command)}</span>
        <span>
          on <StateDot state={agentState} /> <Link href="/agents">{agentName}</Link>
        </span>
      </p>
      {request.problem === undefined ? null : (
        <p className={classes.problem} role="alert">
          {request.problem}
        </p>
      )}
      <Why command={command} />
      <CommandFacts command={command} />
      <CommandOutput key={id} command={command} />
    </article>
  );
}

/** The reason why a command did not succeed, or does not continue. */
function Why({ command: { state, rule, errorMessage, exitCode } }: { command: CommandRecord }) {
  const { tone, explanation } = stateTexts[state];
  // The exit code is explanation enough.
  if (tone === 'good' || tone === 'active' || (state === 'failed' && exitCode !== undefined)) return null;
  const hasNamedRule = rule === undefined || rule === '' || errorMessage?.includes(rule) === true;
  return (
    <div className={classes.why} data-tone={tone}>
      {state !== 'refused' || hasNamedRule ? null : <p>The rule “{rule}” refused it.</p>}
      {errorMessage === undefined ? null : <p>{errorMessage}</p>}
      <p className={classes.explanation}>{state === 'refused' ? 'Nothing ran.' : explanation}</p>
    </div>
  );
}
