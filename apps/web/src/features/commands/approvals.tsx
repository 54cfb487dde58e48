import { Button, TextInput } from '@mantine/core';
import { type CommandRecord, shownText } from '@parley/shared-models';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { agoText, fullTime } from '../../components/format-time.ts';
import { IconCheck, IconUserCheck, IconX } from '../../components/icons.ts';
import { useNow } from '../../components/use-now.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './approvals.module.css';
import { commandTitle } from './command-state-text.ts';
import { useServerRequest } from './use-server-request.ts';

/** Maximum length of a reason, in characters. */
const MOST_REASON = 500;

/** The commands that wait for approval; hidden when there are none. */
export function Approvals({ commands }: { commands: readonly CommandRecord[] }) {
  if (commands.length === 0) return null;
  return (
    <section className={classes.approvals} aria-label="Waiting for approval">
      {commands.map((command) => (
        <Approval key={command.id} command={command} />
      ))}
    </section>
  );
}

function Approval({ command }: { command: CommandRecord }) {
  const model = useAppModel();
  const now = useNow(10_000);
  const request = useServerRequest();
  const [isRejecting, setIsRejecting] = useState(false);
  const [reason, setReason] = useState('');
  const userId = useAppState(({ welcome }) => welcome?.user.id);
  // Without sign-in there is only one user, so the requester may approve.
  const mustBeAnother = command.requestedBy.id === userId && model.hasToken();

  const given = reason.trim();
  const isTooLong = given.length > MOST_REASON;

  function reject(event: FormEvent): void {
    event.preventDefault();
    if (!isTooLong) request.run(() => model.commands.reject(command.id, given === '' ? undefined : given));
  }

  return (
    <article className={classes.approval} aria-label={`Approval of ${commandTitle(command)}`}>
      <IconUserCheck size={18} aria-hidden="true" />
      <div className={classes.what}>
        <Link className={classes.command} href={`/commands/${command.id}`}>
          <code>{commandTitle(command)}</code>
        </Link>
        <p>
          on <b>{command.agentName}</b>
          {command.cwd === undefined ? null : (
            <>
              {' '}
              in <code>{shownText(command.cwd)}</code>
            </>
          )}
          , asked for by <b>{command.requestedBy.name}</b>{' '}
          <time dateTime={command.createdAt} title={fullTime(command.createdAt)}>
            {agoText(command.createdAt, now)}
          </time>
          {command.rule === undefined ? null : (
            <>
              {' '}
              · rule “<b>{command.rule}</b>” wants an approval
            </>
          )}
        </p>
        {request.problem === undefined ? null : (
          <p className={classes.problem} role="alert">
            {request.problem}
          </p>
        )}
      </div>
      {isRejecting ? (
        <form className={classes.reject} onSubmit={reject}>
          <TextInput
            aria-label="Reason for the rejection"
            placeholder="Reason, if you like"
            error={isTooLong ? `At most ${MOST_REASON} characters; these are ${given.length}.` : undefined}
            value={reason}
            autoFocus
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
            onKeyDown={({ key }) => {
              if (key === 'Escape') setIsRejecting(false);
            }}
          />
          <Button type="submit" color="red" loading={request.isPending}>
            Reject
          </Button>
          <Button variant="subtle" color="gray" onClick={() => setIsRejecting(false)}>
            Not yet
          </Button>
        </form>
      ) : (
        <div className={classes.actions}>
          {mustBeAnother ? (
            <span className={classes.another}>Somebody else has to approve it.</span>
          ) : (
            <Button
              leftSection={<IconCheck size={14} aria-hidden="true" />}
              loading={request.isPending}
              onClick={() => request.run(() => model.commands.approve(command.id))}
            >
              Approve
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconX size={14} aria-hidden="true" />}
            onClick={() => setIsRejecting(true)}
          >
            Reject …
          </Button>
        </div>
      )}
    </article>
  );
}
