import { Button, NativeSelect } from '@mantine/core';
import { AuditAction, type AuditEntry } from '@parley/shared-models';
import { useCallback, useState } from 'react';
import { IconDownload } from '../../../components/icons.ts';
import { EmptyList, FailedList, LoadingList } from '../../../components/list-state.tsx';
import { PageSection } from '../../../components/page.tsx';
import { saveFile } from '../../../components/save-file.ts';
import { usePolled } from '../../../components/use-polled.ts';
import { describeFailure } from '../../../model/failures.ts';
import { useAppModel } from '../../../model/use-app-model.ts';
import classes from './audit.module.css';
import { AuditTable } from './audit-table.tsx';
import { ChainMark } from './chain-mark.tsx';

const POLL_MS = 5000;
const PAGE = 50;

/** The audit log: actor, action, object, time, origin and outcome of each entry. */
export function Audit() {
  const model = useAppModel();
  const { http } = model;
  const [action, setAction] = useState<AuditAction | ''>('');
  const [isExporting, setIsExporting] = useState(false);
  const [problem, setProblem] = useState<string>();
  const older = useOlderEntries(action);
  const { data, failure, reload } = usePolled(
    useCallback(
      (signal: AbortSignal) =>
        http.audit({ signal, limit: PAGE, action: action === '' ? undefined : action }),
      [http, action],
    ),
    POLL_MS,
  );
  const newest = data?.entries ?? [];
  // New entries are added at the top without removing the older entries that are shown.
  const oldestNew = newest.at(-1)?.seq ?? 0;
  const entries = [...newest, ...older.entries.filter(({ seq }) => seq < oldestNew)];
  const hasMore = older.entries.length === 0 ? data?.hasMore === true : older.hasMore;

  function exportAll(): void {
    setIsExporting(true);
    setProblem(undefined);
    model
      .openAuditExport(new AbortController().signal)
      .then((response) => response.blob())
      .then((blob) => saveFile('parley-audit.jsonl', blob))
      .catch((error: unknown) => setProblem(describeFailure(error)))
      .finally(() => setIsExporting(false));
  }

  return (
    <PageSection
      title="Audit"
      note={
        <div className={classes.tools}>
          <ChainMark />
          <Button
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden="true" />}
            loading={isExporting}
            onClick={exportAll}
          >
            Export
          </Button>
          <NativeSelect
            className={classes.filter ?? ''}
            size="xs"
            aria-label="Only this action"
            value={action}
            data={[
              { value: '', label: 'every action' },
              ...AuditAction.options.map((value) => ({ value, label: value })),
            ]}
            onChange={({ currentTarget }) => {
              older.clear();
              setAction(currentTarget.value as AuditAction | '');
            }}
          />
        </div>
      }
    >
      {problem === undefined ? null : (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
      {data === undefined && failure === undefined ? <LoadingList label="Loading the audit" /> : null}
      {failure === undefined ? null : (
        <FailedList title="The audit could not be read" reason={failure} onRetry={reload} />
      )}
      {data !== undefined && entries.length === 0 ? (
        <EmptyList title="No entry">
          {action === ''
            ? 'What operators do, and what is refused, is entered here for good.'
            : 'Nobody has done that yet.'}
        </EmptyList>
      ) : null}
      {entries.length === 0 ? null : <AuditTable entries={entries} />}
      {hasMore ? (
        <Button
          variant="subtle"
          color="gray"
          loading={older.isLoading}
          onClick={() => older.load(entries.at(-1)?.seq)}
        >
          Show older entries
        </Button>
      ) : null}
      {older.failure === undefined ? null : (
        <p className={classes.problem} role="alert">
          {older.failure}
        </p>
      )}
    </PageSection>
  );
}

/** The loaded entries that are older than the newest page. */
function useOlderEntries(action: AuditAction | '') {
  const { http } = useAppModel();
  const [page, setPage] = useState<{ entries: readonly AuditEntry[]; hasMore: boolean }>(NONE);
  const [isLoading, setIsLoading] = useState(false);
  const [failure, setFailure] = useState<string>();
  return {
    ...page,
    isLoading,
    failure,
    clear: () => setPage(NONE),
    load(before: number | undefined) {
      setIsLoading(true);
      setFailure(undefined);
      http
        .audit({ limit: 2 * PAGE, before, action: action === '' ? undefined : action })
        .then(
          ({ entries, hasMore }) =>
            setPage((known) => ({ entries: [...known.entries, ...entries], hasMore })),
          (error: unknown) => setFailure(describeFailure(error)),
        )
        .finally(() => setIsLoading(false));
    },
  };
}

const NONE = { entries: [], hasMore: false } as const;
