import { type CommandRecord, ParleyError } from '@parley/shared-models';
import { useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { EmptyList, FailedList, LoadingList } from '../../components/list-state.tsx';
import { describeFailure } from '../../model/failures.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import { BatchView, useBatch } from './batch-view.tsx';
import { CommandView } from './command-view.tsx';
import { draftOf, type RunDraft } from './run-request.ts';

interface Props {
  readonly id: string;
  readonly onEdit: (draft: RunDraft) => void;
}

/** The command or batch that the address names. */
export function OpenCommand({ id, onEdit }: Props) {
  const { commands: store } = useAppModel();
  const command = useAppState((state) => state.commands[id]);
  const batch = useBatch(
    useAppState((state) => state.commands),
    id,
  );
  const batchId = command?.batchId;
  const [failure, setFailure] = useState<string>();
  const [isUnknown, setIsUnknown] = useState(false);

  const load = useCallback(() => {
    setFailure(undefined);
    findCommands(store, id).then(
      (isFound) => setIsUnknown(!isFound),
      (error: unknown) => setFailure(describeFailure(error)),
    );
  }, [store, id]);
  // Loads known ids too: the list may hold only a part of a batch.
  useEffect(load, [load]);
  useEffect(() => {
    if (batchId !== undefined)
      store.loadBatch(batchId).catch((error: unknown) => setFailure(describeFailure(error)));
  }, [store, batchId]);

  if (command !== undefined) {
    return <CommandView command={command} onEdit={(edited) => onEdit(draftOf([edited]))} />;
  }
  if (isAny(batch)) return <BatchView commands={batch} onEdit={onEdit} />;
  if (failure !== undefined) {
    return <FailedList title="The command could not be read" reason={failure} onRetry={load} />;
  }
  if (isUnknown) {
    return (
      <EmptyList title="There is no such command">
        It was never run here, or the address is not whole.{' '}
        <Link href="/commands">Look at all commands.</Link>
      </EmptyList>
    );
  }
  return <LoadingList label="Loading the command" />;
}

const isAny = (commands: readonly CommandRecord[]): commands is [CommandRecord, ...CommandRecord[]] =>
  commands.length > 0;

/** @returns whether the server has such a command or batch */
async function findCommands(store: ReturnType<typeof useAppModel>['commands'], id: string): Promise<boolean> {
  if (!/^[0-9a-f-]{36}$/.test(id)) return false;
  if ((await store.loadBatch(id)) > 0) return true;
  try {
    await store.load(id);
    return true;
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'not_found') return false;
    throw error;
  }
}
