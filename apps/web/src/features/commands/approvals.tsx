import { Button, TextInput } from '@mantine/core';
import { type CommandRecord, shownText } from '@parley/shared-models';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { agoText, fullTime } from '../../components/format-time.ts';
import { IconCheck, IconUserCheck, IconX } from '../../components/icons.ts';
import { useNow } from '../../components/use-now.ts';
import { useSession, useSessionState } from '../../session/use-session.ts';
import classes from './approvals.module.css';
import { commandTitle } from './command-state-text.ts';
import { useDeed } from './use-deed.ts';

/** Characters of a reason that the server takes. */
const MOST_REASON = 500;

/** What waits for a second person. Nothing where nothing waits. */
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
  const session = useSession();
  const now = useNow(10_000);
  const deed = useDeed();
  const [isRejecting, setIsRejecting] = useState(false);
  const [reason, setReason] = useState('');
  const userId = useSessionState(({ welcome }) => welcome?.user.id);
  // Where nobody signs in there is nobody else who could approve.
  const mustBeAnother = command.requestedBy.id === userId && session.hasToken();

  const given = reason.trim();
  const isTooLong = given.length > MOST_REASON;

  function reject(event: FormEvent): void {
    event.preventDefault();
    if (!isTooLong) deed.run(() => session.commands.reject(command.id, given === '' ? undefined : given));
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
        {deed.problem === undefined ? null : (
          <p className={classes.problem} role="alert">
            {deed.problem}
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
          <Button type="submit" color="red" loading={deed.isUnderWay}>
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
              loading={deed.isUnderWay}
              onClick={() => deed.run(() => session.commands.approve(command.id))}
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
