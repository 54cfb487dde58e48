import { useCallback, useState } from 'react';
import { Entry } from '../../components/error-boundary.tsx';
import { EmptyList, FailedList, LoadingList } from '../../components/list-state.tsx';
import { PageSection } from '../../components/page.tsx';
import { usePolled } from '../../components/use-polled.ts';
import { describeFailure } from '../../model/failures.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import { DeadLetterItem } from './dead-letter-item.tsx';
import classes from './system-page.module.css';

const POLL_MS = 5000;

/** Messages that could not be handled: the reason, their contents, and the actions of an operator. */
export function DeadLetters() {
  const { http } = useAppModel();
  const { data, failure, reload } = usePolled(
    useCallback(
      async (signal: AbortSignal) => (await http.deadLetters({ signal, state: 'dead' })).deadLetters,
      [http],
    ),
    POLL_MS,
  );
  const [problem, setProblem] = useState<string>();
  const [said, setSaid] = useState('');

  const act = useCallback(
    (run: () => Promise<unknown>, done: string) => {
      setProblem(undefined);
      run().then(
        () => {
          setSaid(done);
          reload();
        },
        (error: unknown) => {
          setProblem(describeFailure(error));
          reload();
        },
      );
    },
    [reload],
  );

  return (
    <PageSection
      title="Dead letters"
      note={
        <span className={classes.said} role="status">
          {said}
        </span>
      }
    >
      {problem === undefined ? null : (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
      {data === undefined && failure === undefined ? (
        <LoadingList label="Loading the dead letters" rows={2} />
      ) : null}
      {failure === undefined ? null : (
        <FailedList title="The dead letters could not be read" reason={failure} onRetry={reload} />
      )}
      {data?.length === 0 ? (
        <EmptyList title="None">
          A message that nobody could handle would lie here, to be looked at and replayed.
        </EmptyList>
      ) : null}
      <ul className={classes.letters}>
        {data?.map((letter) => (
          <Entry key={letter.id} name="A dead letter" isListItem>
            <DeadLetterItem
              letter={letter}
              onReplay={() => act(() => http.replayDeadLetter(letter.id), 'The message is on its way again.')}
              onDiscard={() => act(() => http.discardDeadLetter(letter.id), 'The message was discarded.')}
            />
          </Entry>
        ))}
      </ul>
    </PageSection>
  );
}
