import type { AuditEntry } from '@parley/shared-models';
import { memo, useMemo } from 'react';
import { Link } from 'wouter';
import { fullTime, shortTime } from '../../../components/format-time.ts';
import { ScrollRegion } from '../../../components/scroll-region.tsx';
import classes from './audit.module.css';
import { actionTexts, detailText, isBad } from './audit-text.ts';

export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  // Changes only with the day, so that rows are not rendered again all the time.
  const today = new Date().toDateString();
  const now = useMemo(() => new Date(today), [today]);
  return (
    <ScrollRegion className={classes.scroll} label="Audit, the last entry first">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">no.</th>
            <th scope="col">when</th>
            <th scope="col">who</th>
            <th scope="col">what</th>
            <th scope="col">where</th>
            <th scope="col">result</th>
            <th scope="col">from</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.seq} entry={entry} now={now} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

const Row = memo(function Row({ entry, now }: { entry: AuditEntry; now: Date }) {
  const { seq, at, actor, remoteAddress, action, agentId, subjectId, result, hash } = entry;
  const details = detailText(entry);
  return (
    <tr>
      <td title={`Hash ${hash}`}>{seq}</td>
      <td>
        <time dateTime={at} title={fullTime(at)}>
          {shortTime(at, now)}
        </time>
      </td>
      <td>
        <b>{actor.name}</b>
        {actor.kind === 'user' ? null : <span className={classes.kind}> {actor.kind}</span>}
      </td>
      <td className={classes.what}>
        <span title={action}>{actionTexts[action]}</span>
        {details === '' ? null : <code className={classes.details}>{details}</code>}
      </td>
      <td>
        {agentId ?? ''}
        {action.startsWith('command.') && subjectId !== undefined ? (
          <>
            {' '}
            <Link href={`/commands/${subjectId}`}>command</Link>
          </>
        ) : null}
      </td>
      <td data-bad={isBad(entry) || undefined}>{result.replaceAll('_', ' ')}</td>
      <td>{remoteAddress ?? ''}</td>
    </tr>
  );
});
