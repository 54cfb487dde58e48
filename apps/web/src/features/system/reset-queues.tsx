import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { agentQueue, BROKER_INPUT_QUEUE, type QueueDepth, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { IconTrash } from '../../components/icons.ts';
import { describeFailure } from '../../model/failures.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import classes from './system-page.module.css';

interface Props {
  /** The current counts. */
  readonly queues: readonly QueueDepth[];
  readonly onDone: () => void;
}

/** Empties the message queues, after a dialog that shows the number of messages. */
export function ResetQueues({ queues, onDone }: Props) {
  const { http } = useAppModel();
  const [isOpen, dialog] = useDisclosure(false);
  const [isBusy, setIsBusy] = useState(false);
  const [said, setSaid] = useState('');
  const emptied = queues.filter(({ name }) => isEmptied(name));
  const full = emptied.filter(({ ready }) => ready > 0);
  const waiting = sum(emptied.map(({ ready }) => ready));
  const inHand = sum(emptied.map(({ unacknowledged }) => unacknowledged));

  function reset(): void {
    setIsBusy(true);
    http
      .resetQueues({ confirm: true })
      .then(
        ({ removed, failed }) =>
          setSaid(`${countText(removed, 'message')} removed, ${countText(failed, 'request')} failed by it.`),
        (error: unknown) => setSaid(describeFailure(error)),
      )
      .finally(() => {
        setIsBusy(false);
        dialog.close();
        onDone();
      });
  }

  return (
    <span className={classes.sectionActions}>
      <span className={classes.said} role="status">
        {said}
      </span>
      <Button
        variant="subtle"
        color="gray"
        leftSection={<IconTrash size={14} aria-hidden="true" />}
        onClick={dialog.open}
      >
        Reset the queues …
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        title="Reset the queues?"
        action={waiting === 0 ? 'Reset' : `Remove ${countText(waiting, 'message')}`}
        isBusy={isBusy}
        onClose={dialog.close}
        onConfirm={reset}
      >
        <p>
          <b>
            {countText(waiting, 'message')} {waiting === 1 ? 'waits' : 'wait'}
          </b>{' '}
          in the queues
          {inHand === 0 ? '' : `, and ${inHand} more ${inHand === 1 ? 'is' : 'are'} in hand`}. They are
          removed for good; everybody whose message was on its way reads that it failed, and why. Dead letters
          stay.
        </p>
        {full.length === 0 ? null : (
          <ul className={classes.counts}>
            {full.map(({ name, ready }) => (
              <li key={name}>
                <code>{name}</code> <b>{ready}</b>
              </li>
            ))}
          </ul>
        )}
      </ConfirmDialog>
    </span>
  );
}

const AGENT_QUEUES = agentQueue('');
const isEmptied = (name: string): boolean =>
  name === BROKER_INPUT_QUEUE || name === SERVER_INPUT_QUEUE || name.startsWith(AGENT_QUEUES);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const countText = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
