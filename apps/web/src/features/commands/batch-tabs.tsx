import { Link } from 'wouter';
import { useSessionState } from '../../session/use-session.ts';
import classes from './batch.module.css';
import { summaryText } from './command-items.ts';
import { StateChip } from './state-chip.tsx';
import { useBatch } from './use-batch.ts';

/** The other agents that were asked at once. */
export function BatchTabs({ batchId, openId }: { batchId: string; openId: string }) {
  const commands = useBatch(
    useSessionState((state) => state.commands),
    batchId,
  );
  return (
    <nav className={classes.tabs} aria-label="Agents that were asked at once">
      <Link href={`/commands/${batchId}`}>{summaryText(commands)}</Link>
      <ul>
        {commands.map(({ id, agentName, state }) => (
          <li key={id}>
            <Link href={`/commands/${id}`} aria-current={id === openId ? 'page' : undefined}>
              {agentName} <StateChip state={state} />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
