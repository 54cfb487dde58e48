import type { AgentStatus } from '@parley/shared-models';
import { memo } from 'react';
import { AgentMark } from '../../components/agent-mark.tsx';
import { agoText, durationText, fullTime } from '../../components/format-time.ts';
import { StateDot } from '../../components/state-dot.tsx';
import { useNow } from '../../components/use-now.ts';
import type { AgentControl } from '../../model/app-state.ts';
import { AgentActions } from './agent-actions.tsx';
import classes from './agents-page.module.css';

interface Props {
  readonly agent: AgentStatus;
  /** The action that was requested last and is not done yet. */
  readonly control: AgentControl | undefined;
  readonly mayControl: boolean;
}

export const AgentCard = memo(function AgentCard({ agent, control, mayControl }: Props) {
  const { agentId, agentName, description, capabilities, state, group, host } = agent;
  return (
    <li className={classes.card} data-state={state}>
      <div className={classes.head}>
        <AgentMark agentId={agentId} name={agentName} isLarge />
        <div className={classes.titles}>
          <h2>{agentName}</h2>
          <p className={classes.id}>
            {agentId}
            {group === agentId ? '' : ` in ${group}`}
            {host === undefined ? '' : ` on ${host}`}
          </p>
        </div>
        <span className={classes.state} data-state={state}>
          <StateDot state={state} />
          {state}
        </span>
      </div>
      {description === '' ? null : <p className={classes.description}>{description}</p>}
      <Load agent={agent} />
      <Facts agent={agent} />
      {capabilities.length === 0 ? null : (
        <ul className={classes.tags} aria-label="Capabilities">
          {capabilities.map((capability) => (
            <li key={capability}>{capability}</li>
          ))}
        </ul>
      )}
      <AgentActions agent={agent} control={control} mayControl={mayControl} />
    </li>
  );
});

function Load({ agent: { load, agentName } }: { agent: AgentStatus }) {
  const percent = Math.round(load * 100);
  return (
    <div className={classes.load}>
      <span>load</span>
      <meter min={0} max={1} value={Math.min(load, 1)} aria-label={`Load of ${agentName}`} />
      <span className={classes.number}>{percent} %</span>
    </div>
  );
}

function Facts({ agent: { metrics, lastSeen, state, incarnation } }: { agent: AgentStatus }) {
  const now = useNow(5000);
  return (
    <p className={classes.facts}>
      <span>
        <b>{metrics.handled}</b> answered
      </span>
      <span data-bad={metrics.failed > 0 || undefined}>
        <b>{metrics.failed}</b> failed
      </span>
      {metrics.handled === 0 ? null : (
        <span>
          <b>{durationText(metrics.meanHandleMs)}</b> on average
        </span>
      )}
      <span title={fullTime(lastSeen)}>
        seen <b>{state === 'offline' ? agoText(lastSeen, now) : 'now'}</b>
      </span>
      <span title="Grows by one each time it registers">
        incarnation <b>{incarnation}</b>
      </span>
    </p>
  );
}
